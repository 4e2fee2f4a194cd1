// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

package main

import (
	"runtime"
	"time"
)

const (
	fBoom = 64 + iota
	fMiddle
	fSame
	fSameFunc
	fAbove
	fAgain
	fAgainFunc
	fOuter
	fNilMap
	fNilPointer
	fDivide
	fIndex
	fAfter
	fLate
	fLateFunc1
	fLateFunc2
	fInside
	fInsideFunc
	fQuiet
	fQuietFunc
	fAtReturn
	fAtReturnFunc
	fLeave
	fGoexit
	fGoexitFunc
	fAborted
	fAbortedFunc1
	fAbortedFunc2
	fAbortedFunc3
	fWide
	fLoopRecover
	fLoopRecoverFunc
	fFall
	fFallAgain
	fFallAgainFunc
)

func initPanics() {
	addNames(map[int]string{
		fBoom:            "main.callBoom",
		fMiddle:          "main.callMiddle",
		fSame:            "main.callSame",
		fSameFunc:        "main.callSame.func1",
		fAbove:           "main.callAbove",
		fAgain:           "main.callAgain",
		fAgainFunc:       "main.callAgain.func1",
		fOuter:           "main.callOuter",
		fNilMap:          "main.callNilMap",
		fNilPointer:      "main.callNilPointer",
		fDivide:          "main.callDivide",
		fIndex:           "main.callIndex",
		fAfter:           "main.callAfter",
		fLate:            "main.callLate",
		fLateFunc1:       "main.callLate.func1",
		fLateFunc2:       "main.callLate.func2",
		fInside:          "main.callInside",
		fInsideFunc:      "main.callInside.func1",
		fQuiet:           "main.callQuiet",
		fQuietFunc:       "main.callQuiet.func1",
		fAtReturn:        "main.callAtReturn",
		fAtReturnFunc:    "main.callAtReturn.func1",
		fLeave:           "main.callLeave",
		fGoexit:          "main.callGoexit",
		fGoexitFunc:      "main.callGoexit.func1",
		fAborted:         "main.callAborted",
		fAbortedFunc1:    "main.callAborted.func1",
		fAbortedFunc2:    "main.callAborted.func2",
		fAbortedFunc3:    "main.callAborted.func3",
		fWide:            "main.callWide",
		fLoopRecover:     "main.callLoopRecover",
		fLoopRecoverFunc: "main.callLoopRecover.func1",
		fFall:            "main.callFall",
		fFallAgain:       "main.callFallAgain",
		fFallAgainFunc:   "main.callFallAgain.func1",
	})
}

var (
	zero int
	none *value
)

//go:noinline
func callBoom(w *walker, n int) int {
	w.in(fBoom)
	if n >= 0 {
		panic(n)
	}
	w.out()
	return n
}

//go:noinline
func callMiddle(w *walker, n int) int {
	w.in(fMiddle)
	n = callBoom(w, n) + 1
	w.out()
	return n
}

// rescue is no traced function, and recovers; n calls stay.  It leaves
// without having returned from f, whose frame is where the next call's may be.
//
//go:noinline
func rescue(w *walker, f func(*walker, int) int) {
	n := len(w.live)
	defer func() {
		if recover() != nil {
			w.cut(n)
		}
	}()
	f(w, 1)
}

// callSame recovers, in a traced deferred function, what it called.
//
//go:noinline
func callSame(w *walker) {
	w.in(fSame)
	n := len(w.live)
	defer func() {
		w.in(fSameFunc)
		r := recover()
		callLeaf(w, 1)
		w.out()
		if r != nil {
			w.cut(n)
		}
		w.out()
		// small numbers lie in the program's file: a page that nobody has read is not there for a probe
		if v, ok := r.(int); ok && v != 1 {
			panic("another value")
		}
	}()
	callBoom(w, 1)
}

// callAbove: the panic removes callMiddle and callBoom.
//
//go:noinline
func callAbove(w *walker) int {
	w.in(fAbove)
	rescue(w, callMiddle)
	n := callLeaf(w, 1)
	w.out()
	return n
}

// callAgain panics again in its deferred function.
//
//go:noinline
func callAgain(w *walker) {
	w.in(fAgain)
	defer func() {
		w.in(fAgainFunc)
		if recover() != nil {
			panic("again")
		}
		w.out()
	}()
	callMiddle(w, 3)
	w.out()
}

// again is not traced.
func again(w *walker, n int) int {
	callAgain(w)
	return n
}

//go:noinline
func callOuter(w *walker) {
	w.in(fOuter)
	rescue(w, again)
	callLeaf(w, 2)
	w.out()
}

// The runtime's own panics: a map, and three that begin with a signal or a check.
//
//go:noinline
func callNilMap(w *walker, n int) int {
	w.in(fNilMap)
	var m map[int]int
	m[n] = 2
	w.out()
	return n
}

//go:noinline
func callNilPointer(w *walker, n int) int {
	w.in(fNilPointer)
	n += none.c
	w.out()
	return n
}

//go:noinline
func callDivide(w *walker, n int) int {
	w.in(fDivide)
	n /= zero
	w.out()
	return n
}

//go:noinline
func callIndex(w *walker, n int) int {
	w.in(fIndex)
	n += notUsed[n+len(notUsed)]
	w.out()
	return n
}

var notUsed = make([]int, 3)

// wide has a frame larger than rescue's: what it calls lies deeper than what rescue called.
//
//go:noinline
func wide(w *walker, f func(*walker, int) int) byte {
	var room [3000]byte
	for i := range room {
		room[i] = byte(f(w, i))
		break
	}
	return room[len(w.live)]
}

// callAfter: no traced function recovers, and the next traced call lies deeper than the one that panicked.
//
//go:noinline
func callAfter(w *walker) {
	w.in(fAfter)
	rescue(w, callBoom)
	wide(w, callStep)
	rescue(w, callMiddle)
	wide(w, callLeaf)
	w.out()
}

// callLate runs a deferred function after another one has recovered.
//
//go:noinline
func callLate(w *walker) {
	w.in(fLate)
	n := len(w.live)
	defer func() {
		w.in(fLateFunc1)
		callStep(w, 1)
		w.out()
		w.out() // callLate's own
	}()
	defer func() {
		w.in(fLateFunc2)
		r := recover()
		w.out()
		if r != nil {
			w.cut(n)
		}
	}()
	callBoom(w, 1)
}

// callInside panics and recovers inside a deferred function that runs because of another panic.
//
//go:noinline
func callInside(w *walker) {
	w.in(fInside)
	n := len(w.live)
	defer func() {
		w.in(fInsideFunc)
		rescue(w, callMiddle)
		callStep(w, 1)
		r := recover()
		callLeaf(w, 1)
		w.out()
		if r != nil {
			w.cut(n)
		}
		w.out()
	}()
	callBoom(w, 1)
}

// callQuiet: recover() without a panic.
//
//go:noinline
func callQuiet(w *walker) {
	w.in(fQuiet)
	defer func() {
		w.in(fQuietFunc)
		if recover() != nil {
			panic("there was none")
		}
		w.out()
		w.out()
	}()
	callLeaf(w, 1)
}

// callAtReturn panics in a deferred function although it returns well.
//
//go:noinline
func callAtReturn(w *walker, n int) int {
	w.in(fAtReturn)
	defer func() {
		w.in(fAtReturnFunc)
		callBoom(w, n)
		w.out()
	}()
	callLeaf(w, n)
	return n
}

// callLoopRecover recovers in one of several defers of a loop: runtime.deferreturn runs those that are left.
//
//go:noinline
func callLoopRecover(w *walker) {
	w.in(fLoopRecover)
	n := len(w.live)
	for i := 0; i < 3; i++ {
		i := i
		defer func() {
			w.in(fLoopRecoverFunc)
			r := recover()
			callStep(w, i)
			w.out()
			if r != nil {
				w.cut(n)
			}
			if i == 0 {
				w.out()
			}
		}()
	}
	callMiddle(w, 1)
}

//go:noinline
func callWide(w *walker, n int) int {
	w.in(fWide)
	wide(w, callStep)
	w.out()
	return n
}

func panics() {
	all := []func(*walker){
		callSame,
		func(w *walker) { callAbove(w) },
		callOuter,
		func(w *walker) { rescue(w, callNilMap) },
		func(w *walker) { rescue(w, callNilPointer) },
		func(w *walker) { rescue(w, callDivide) },
		func(w *walker) { rescue(w, callIndex) },
		callAfter,
		callLate,
		callInside,
		callQuiet,
		func(w *walker) { rescue(w, callAtReturn) },
		func(w *walker) { callWide(w, 1) },
		callLoopRecover,
	}
	workers(2, func(int) {
		w := newWalker()
		for n := 0; n < 40 || !enough(); n++ {
			callRoot(w, func(w *walker) {
				for i := range all {
					all[(i*(1+n%7)+n)%len(all)](w) // in changing orders
				}
				callStep(w, n)
			})
			// a panic that removes the root
			rescue(w, func(w *walker, n int) int {
				callRoot(w, func(w *walker) { callMiddle(w, n) })
				return n
			})
			wide(w, func(w *walker, n int) int {
				callRoot(w, func(w *walker) { callLeaf(w, n) })
				return n
			})
		}
	})
}

// callFall panics n levels below.
//
//go:noinline
func callFall(w *walker, n int) int {
	w.in(fFall)
	if n == 0 {
		panic("bottom")
	}
	n = callFall(w, n-1) + 1
	w.out()
	return n
}

// callFallAgain: each level's deferred function recovers and panics again.
//
//go:noinline
func callFallAgain(w *walker, n int) int {
	w.in(fFallAgain)
	defer func() {
		w.in(fFallAgainFunc)
		panic(recover())
	}()
	if n == 0 {
		panic("bottom")
	}
	n = callFallAgain(w, n-1) + 1
	w.out()
	return n
}

func fall() {
	workers(2, func(int) {
		w := newWalker()
		deep := func(f func(*walker, int) int, n int) {
			rescue(w, func(w *walker, _ int) int { return f(w, n) })
		}
		for ok := true; ok; ok = !enough() {
			callRoot(w, func(w *walker) {
				for _, n := range []int{0, 1, 13, 14, 15, 16, 17, 40, 300, 3000} {
					deep(callFall, n)
					callStep(w, n)
				}
				deep(callFallAgain, 100)
				callLeaf(w, 1)
			})
		}
	})
}

// die ends the process by a panic, with calls open; before, one was recovered.
func die() {
	w := newWalker()
	callRoot(w, func(w *walker) {
		callSame(w)
		callAbove(w)
		callMiddle(w, 1)
	})
}

// --- Goexit ----------------------------------------------------------------------------

//go:noinline
func callLeave(w *walker) {
	w.in(fLeave)
	runtime.Goexit()
}

//go:noinline
func callGoexit(w *walker) {
	w.in(fGoexit)
	defer func() {
		w.in(fGoexitFunc)
		callLeaf(w, 1)
		w.out()
	}()
	callLeave(w)
}

// callAborted: a deferred function that Goexit runs panics, another recovers, and Goexit goes on.
//
//go:noinline
func callAborted(w *walker) {
	w.in(fAborted)
	var inGoexit int
	defer func() {
		w.in(fAbortedFunc1)
		callStep(w, 1)
		w.out()
	}()
	defer func() {
		w.in(fAbortedFunc2)
		r := recover()
		w.out()
		if r != nil {
			w.cut(inGoexit)
		}
	}()
	defer func() {
		inGoexit = len(w.live)
		w.in(fAbortedFunc3)
		callMiddle(w, 1)
		w.out()
	}()
	callLeave(w)
}

func goexit() {
	for ok := true; ok; ok = !enough() {
		workers(50, func(i int) {
			w := newWalker()
			defer func() { w.cut(0) }()
			callRoot(w, func(w *walker) {
				callStep(w, i)
				switch i % 4 {
				case 0:
					callLeave(w)
				case 1:
					callGoexit(w)
				case 2:
					callAborted(w)
				case 3:
					rescue(w, func(w *walker, n int) int { callGoexit(w); return n })
				}
			})
		})
	}
	// their last deferred call is not their end
	for runtime.NumGoroutine() > 1 {
		time.Sleep(time.Millisecond)
	}
}
