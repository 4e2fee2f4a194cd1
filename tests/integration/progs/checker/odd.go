// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Calls that the compiler or the runtime make in their own ways: generic
// functions, deferred calls of many kinds, goroutines of timers, of the
// collector and of signals.

const (
	fGen = 128 + iota
	fGenFunc
	fGenMethod
	fGenEach
	fWays
	fDeferNil
	fDeferMethod
	fDeferLoopPanic
	fDeferLoopPanicFunc
	fNested
	fNestedFunc1
	fNestedFunc2
	fNestedFunc3
	fNestedFunc4
	fNestedFunc5
	fSelfRecover
	fSelfRecoverFunc
	fRange // and behind, odd23.go
	fRangeBody
	fRangeDefer
	fRangeDeferBody
	fPull
)

// What needs Go 1.23 (odd23.go); nil: this is an older one.
var ranges, pulls func()

func initOdd() {
	addNames(map[int]string{
		fGen:                "main.callGen[...]",
		fGenFunc:            "main.callGen[...].func1",
		fGenMethod:          "main.(*box[...]).callMethod",
		fGenEach:            "main.callEach[...]",
		fWays:               "main.callWays",
		fDeferNil:           "main.callDeferNil",
		fDeferMethod:        "main.(*deferrer).callDeferMethod",
		fDeferLoopPanic:     "main.callDeferLoopPanic",
		fDeferLoopPanicFunc: "main.callDeferLoopPanic.func1",
		fNested:             "main.callNested",
		fNestedFunc1:        "main.callNested.func1",
		fNestedFunc2:        "main.callNestedFunc2",
		fNestedFunc3:        "main.callNestedFunc3",
		fNestedFunc4:        "main.callNestedFunc2.func1",
		fNestedFunc5:        "main.callNested.func2",
		fSelfRecover:        "main.callSelfRecover",
		fSelfRecoverFunc:    "main.callSelfRecover.func1",
		fRange:              "main.callRange",
		fRangeBody:          "main.callRange-range1",
		fRangeDefer:         "main.callRangeDefer",
		fRangeDeferBody:     "main.callRangeDefer-range1",
		fPull:               "main.callPull",
	})
}

// --- generics --------------------------------------------------------------------------

type box[T any] struct{ v T }

//go:noinline
func (b *box[T]) callMethod(w *walker) {
	w.in(fGenMethod)
	callLeaf(w, 1)
	w.out()
}

//go:noinline
func callEach[T any](w *walker, all []T, f func(T)) {
	w.in(fGenEach)
	for _, v := range all {
		f(v)
	}
	w.out()
}

// apply keeps the compiler from copying f's code to where it is called.
//
//go:noinline
func apply[T any](f func() T) T { return f() }

//go:noinline
func callGen[T any](w *walker, v T) T {
	w.in(fGen)
	f := func() T {
		w.in(fGenFunc)
		callLeaf(w, 1)
		w.out()
		return v
	}
	v = apply(f)
	w.out()
	return v
}

func generics() {
	workers(2, func(int) {
		w := newWalker()
		for ok := true; ok; ok = !enough() {
			callRoot(w, func(w *walker) {
				callGen(w, 1)
				callGen(w, "text")
				callGen(w, [5]int{1, 2})
				callGen(w, func() {})
				callGen[error](w, nil)
				(&box[int]{1}).callMethod(w)
				m := (&box[string]{"x"}).callMethod
				m(w)
				var c caller = &box[float64]{1.5}
				c.callMethod(w)
				callEach(w, []string{"a", "b"}, func(string) { callLeaf(w, 1) })
				callEach(w, []int{1, 2, 3}, func(n int) { callGen(w, n) })
			})
		}
	})
}

// --- defers and panics --------------------------------------------------------------------

// callDeferNil: the deferred function is nil, which panics when it is called.
//
//go:noinline
func callDeferNil(w *walker, n int) int {
	w.in(fDeferNil)
	var f func()
	if n < 0 {
		f = func() {}
	}
	defer f()
	callLeaf(w, n)
	return n
}

type deferrer struct{ n int }

//go:noinline
func (d *deferrer) callDeferMethod(w *walker) {
	w.in(fDeferMethod)
	callLeaf(w, d.n)
	w.out()
}

// callDeferLoopPanic: every round of a loop defers, the last one panics; each deferred call makes calls.
//
//go:noinline
func callDeferLoopPanic(w *walker, n int) int {
	w.in(fDeferLoopPanic)
	for i := 0; i < n; i++ {
		defer func() {
			w.in(fDeferLoopPanicFunc)
			callStep(w, 1)
			w.out()
		}()
		if i == n-1 {
			callBoom(w, i)
		}
	}
	return n
}

// callNested: panics inside of deferred functions of deferred functions, each recovered one level up.
//
//go:noinline
func callNested(w *walker) {
	w.in(fNested)
	n := len(w.live)
	defer func() {
		w.in(fNestedFunc1)
		r := recover()
		w.out()
		if r != nil {
			w.cut(n)
		}
		w.out() // callNested's own
	}()
	defer func() {
		w.in(fNestedFunc5)
		callNestedFunc2(w)
		w.out()
	}()
	callBoom(w, 1)
}

//go:noinline
func callNestedFunc2(w *walker) {
	w.in(fNestedFunc2)
	n := len(w.live)
	defer func() {
		w.in(fNestedFunc4)
		r := recover()
		w.out()
		if r != nil {
			w.cut(n)
		}
		w.out()
	}()
	callNestedFunc3(w)
}

//go:noinline
func callNestedFunc3(w *walker) {
	w.in(fNestedFunc3)
	rescue(w, callMiddle)
	callMiddle(w, 2)
	w.out()
}

// callSelfRecover recovers in its own deferred function and is called again from there.
//
//go:noinline
func callSelfRecover(w *walker, n int) {
	w.in(fSelfRecover)
	own := len(w.live)
	defer func() {
		w.in(fSelfRecoverFunc)
		r := recover()
		if n > 0 {
			callSelfRecover(w, n-1)
		}
		w.out()
		if r != nil {
			w.cut(own)
		}
		w.out()
	}()
	callMiddle(w, n)
}

func defers() {
	workers(2, func(int) {
		w := newWalker()
		for ok := true; ok; ok = !enough() {
			callRoot(w, func(w *walker) {
				rescue(w, callDeferNil)
				func() {
					d := &deferrer{1}
					defer d.callDeferMethod(w)
					callLeaf(w, 1)
				}()
				rescue(w, func(w *walker, _ int) int { return callDeferLoopPanic(w, 5) })
				callNested(w)
				callSelfRecover(w, 6)
				callStep(w, 1)
			})
		}
	})
}

// --- goroutines that nobody wrote a go for ---------------------------------------------------

func background() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	finalized := make(chan int, 1000)
	sigs := make(chan os.Signal, 10)
	signal.Notify(sigs, syscall.SIGUSR1)
	stop := make(chan struct{})
	wg.Add(1)
	go func() { // who hears of signals
		defer wg.Done()
		w := newWalker()
		for {
			select {
			case <-sigs:
				callRoot(w, func(w *walker) { callStep(w, 1) })
			case <-stop:
				return
			}
		}
	}()
	for ok := true; ok; ok = !enough() {
		for i := 0; i < 20; i++ {
			wg.Add(1)
			time.AfterFunc(time.Duration(i)*10*time.Microsecond, func() {
				defer wg.Done()
				callRoot(newWalker(), func(w *walker) {
					callStep(w, 1)
					mu.Lock()
					callStep(w, 2)
					mu.Unlock()
					rescue(w, callMiddle)
				})
			})
			p := &deferrer{i}
			runtime.SetFinalizer(p, func(p *deferrer) {
				w := newWalker()
				callRoot(w, func(w *walker) {
					callStep(w, p.n)
					rescue(w, callMiddle)
				})
				select {
				case finalized <- p.n:
				default:
				}
			})
		}
		runtime.GC()
		<-finalized
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		w := newWalker()
		callRoot(w, func(w *walker) {
			callStep(w, 1)
			if err := exec.Command("/bin/true").Run(); err != nil {
				fail(err)
			}
			callStep(w, 2)
		})
	}
	close(stop)
	wg.Wait()
	for runtime.NumGoroutine() > 3 {
		time.Sleep(time.Millisecond)
	}
}

// --- many ways out -----------------------------------------------------------------------

//go:noinline
func callWays(w *walker, n int) (int, string) {
	w.in(fWays)
	if n%4 == 0 {
		w.out()
		return n, "four"
	}
	n += callLeaf(w, n)
	if n%3 == 0 {
		n = callLeaf(w, n)
		w.out()
		return n, "three"
	}
	for i := 0; i < n; i++ {
		if callLeaf(w, i)%5 == 0 {
			w.out()
			return i, "five"
		}
	}
	w.out()
	return 0, ""
}

func ways() {
	w := newWalker()
	for n := 0; !enough(); n++ {
		callRoot(w, func(w *walker) { callWays(w, n%17) })
	}
}
