// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	fRoot = iota
	fDeep
	fGrow
	fStep
	fLeaf
	fOpen
	fPlain
	fValue
	fPointer
	fInner
	fClosure
	fClosureFunc
	fDefer
	fDeferFunc
	fDeferred
	fLoopDefers
	fLoopDefersFunc
	fSpin
	fAlloc
	fBadG
)

// addNames names functions by their numbers; those between that have none are "-".
func addNames(more map[int]string) {
	for i, s := range more {
		for len(names) <= i {
			names = append(names, "-")
		}
		names[i] = s
	}
}

var names = []string{
	fRoot:           "main.callRoot",
	fDeep:           "main.callDeep",
	fGrow:           "main.callGrow",
	fStep:           "main.callStep",
	fLeaf:           "main.callLeaf",
	fOpen:           "main.callOpen",
	fPlain:          "main.callPlain",
	fValue:          "main.value.callMethod",
	fPointer:        "main.(*pointer).callMethod",
	fInner:          "main.(*inner).callPromoted",
	fClosure:        "main.callClosure",
	fClosureFunc:    "main.callClosure.func1",
	fDefer:          "main.callDefer",
	fDeferFunc:      "main.callDefer.func1",
	fDeferred:       "main.callDeferred",
	fLoopDefers:     "main.callLoopDefers",
	fLoopDefersFunc: "main.callLoopDefers.func1",
	fSpin:           "main.callSpin",
	fAlloc:          "main.callAlloc",
	fBadG:           "main.callBadG",
}

var situations map[string]func()

func init() {
	situations = map[string]func(){
		"recurse":    recurse,
		"grow":       grow,
		"migrate":    migrate,
		"panics":     panics,
		"goexit":     goexit,
		"fall":       fall,
		"generics":   generics,
		"defers":     defers,
		"background": background,
		"ranges":     ranges,
		"pulls":      pulls,
		"ways":       ways,
		"die":        die,
		"kinds":      kinds,
		"forever":    forever,
		"exit":       exit,
		"mainexit":   mainexit,
		"system":     system,
		"signals":    signals,
		"inflight":   inflight,
		"bigids":     bigids,
		"goroutines": goroutines,
		"forkexec":   forkexec,
		"manyopen":   manyopen,
		"badg":       func() { badg(8) },
		"badm":       func() { badg(fakeG(8)) },
		"badcurg":    func() { badg(fakeG(fakeM(8))) },
		"halfg":      func() { badg(halfG()) },
	}
	initPanics()
	initOdd()
}

// --- plain calls --------------------------------------------------------------------

//go:noinline
func callLeaf(w *walker, n int) int {
	w.in(fLeaf)
	w.out()
	return n + 1
}

//go:noinline
func callStep(w *walker, n int) int {
	w.in(fStep)
	n = callLeaf(w, n)
	w.out()
	return n
}

// callRoot opens a graph; body makes its calls.
//
//go:noinline
func callRoot(w *walker, body func(w *walker)) {
	w.in(fRoot)
	body(w)
	w.out()
}

// --- recursion ------------------------------------------------------------------------

//go:noinline
func callDeep(w *walker, n int) int {
	w.in(fDeep)
	r := 0
	if n > 0 {
		r = callDeep(w, n-1) + 1
	}
	w.out()
	return r
}

func recurse() {
	for ok := true; ok; ok = !enough() {
		workers(1, func(int) {
			callRoot(newWalker(), func(w *walker) {
				if callDeep(w, depth) != depth {
					fail(fmt.Errorf("recursion gave a wrong sum"))
				}
			})
		})
	}
}

// --- stacks that grow and shrink while calls are open -------------------------------------

//go:noinline
func callGrow(w *walker, n int, gc bool) byte {
	var frame [900]byte
	w.in(fGrow)
	frame[n%len(frame)] = byte(n)
	if n > 0 {
		frame[n%7] += callGrow(w, n-1, gc)
	} else if gc {
		runtime.GC()
	}
	w.out()
	return frame[(n+3)%len(frame)]
}

func grow() {
	round := int64(0)
	for ok := true; ok; ok = !enough() {
		// a new goroutine has a small stack
		workers(4, func(int) {
			callRoot(newWalker(), func(w *walker) {
				gc := atomic.AddInt64(&round, 1)%16 == 0
				for _, n := range []int{3, 60, 7, 30, 1} {
					callGrow(w, n, gc && n == 30)
					if gc {
						runtime.GC() // the stack is larger than it must be: it shrinks
					}
				}
			})
		})
	}
}

// --- threads -------------------------------------------------------------------------------

func migrate() {
	runtime.GOMAXPROCS(8)
	workers(100, func(i int) {
		w := newWalker()
		for ok := true; ok; ok = !enough() {
			callRoot(w, func(w *walker) {
				for n := 0; n < 5; n++ {
					callStep(w, n)
					runtime.Gosched()
					if n == i%5 {
						time.Sleep(time.Microsecond)
					}
					callLeaf(w, n)
				}
				if i%10 == 0 {
					runtime.LockOSThread()
					callStep(w, 1)
					runtime.UnlockOSThread()
				}
			})
		}
	})
}

// --- kinds of calls -------------------------------------------------------------------------

type caller interface{ callMethod(w *walker) }
type promoted interface{ callPromoted(w *walker) }

type value struct{ a, b, c int }
type pointer struct{ n int }
type inner struct{ n int }
type outer struct {
	n      int
	*inner // its method is reached by a wrapper that jumps
}

// made where the compiler cannot see which type it will be
//
//go:noinline
func promoteds() []promoted { return []promoted{&outer{1, &inner{1}}, &inner{2}} }

//go:noinline
func (v value) callMethod(w *walker) {
	w.in(fValue)
	callLeaf(w, v.a)
	w.out()
}

//go:noinline
func (p *pointer) callMethod(w *walker) {
	w.in(fPointer)
	p.n = callLeaf(w, p.n)
	w.out()
}

//go:noinline
func (p *inner) callPromoted(w *walker) {
	w.in(fInner)
	p.n = callLeaf(w, p.n)
	w.out()
}

//go:noinline
func callClosure(w *walker, n int) func() int {
	w.in(fClosure)
	f := func() int {
		w.in(fClosureFunc)
		n = callLeaf(w, n)
		w.out()
		return n
	}
	w.out()
	return f
}

//go:noinline
func callDeferred(w *walker, n int) {
	w.in(fDeferred)
	callLeaf(w, n)
	w.out()
}

// callDefer returns through open-coded defers, the second with a wrapper for its arguments.
//
//go:noinline
func callDefer(w *walker) {
	w.in(fDefer)
	// its return is noted before its deferred functions run, and taken back by the last of them
	defer func() {
		w.in(fDeferFunc)
		callLeaf(w, 1)
		w.out()
		w.out() // callDefer's own
	}()
	defer callDeferred(w, 2)
	callLeaf(w, 3)
}

// callLoopDefers has its defers in a loop: runtime.deferreturn runs them.
//
//go:noinline
func callLoopDefers(w *walker, n int) {
	w.in(fLoopDefers)
	for i := 0; i < n; i++ {
		last := i == 0
		defer func() {
			w.in(fLoopDefersFunc)
			callLeaf(w, 1)
			w.out()
			if last {
				w.out()
			}
		}()
	}
	callLeaf(w, n)
}

//go:noinline
func callPlain(w *walker, f func(*walker, int) int, n int) int {
	w.in(fPlain)
	n = f(w, n)
	w.out()
	return n
}

func kinds() {
	workers(2, func(int) {
		callers, promoteds := []caller{value{1, 2, 3}, &value{4, 5, 6}, &pointer{1}}, promoteds()
		w, n := newWalker(), 1
		for ok := true; ok; ok = !enough() {
			callRoot(w, func(w *walker) {
				for _, c := range callers {
					c.callMethod(w)
				}
				for _, p := range promoteds {
					p.callPromoted(w)
				}
				f := (&pointer{2}).callMethod
				f(w)
				g := callers[0].callMethod
				g(w)
				callClosure(w, 3)()
				callTail(n)
				n++
				callDefer(w)
				callLoopDefers(w, 3)
				callPlain(w, callStep, 4)
				callPlain(w, func(w *walker, n int) int { return callLeaf(w, n) }, 5)
			})
		}
	})
}

// --- calls that never return ------------------------------------------------------------------

//go:noinline
func callOpen(w *walker, inside *sync.WaitGroup) {
	w.in(fOpen)
	callLeaf(w, 1)
	inside.Done()
	select {}
}

// stay makes calls on goroutines that then never return, n of them.
func stay(n int) {
	var inside sync.WaitGroup
	inside.Add(n)
	each := calls/n - 3
	for i := 0; i < n; i++ {
		go func() {
			callRoot(newWalker(), func(w *walker) {
				for j := 0; j < each; j += 2 {
					callStep(w, j)
				}
				callOpen(w, &inside)
			})
		}()
	}
	inside.Wait()
}

func forever() {
	n := calls / 50
	if n > 10000 {
		n = 10000
	}
	if n < 1 {
		n = 1
	}
	stay(n)
}

// exit ends the process from inside of a call, in the middle of many others.
func exit() {
	n := calls/500 + 1
	if n > 1000 {
		n = 1000
	}
	stay(n)
	callRoot(newWalker(), func(w *walker) {
		callStep(w, 1)
		fmt.Println("ok")
		os.Exit(0)
	})
}

// mainexit: the main goroutine leaves by Goexit, and the program goes on without it.
func mainexit() {
	w := newWalker()
	gone := make(chan bool)
	go func() {
		<-gone
		for runtime.NumGoroutine() > 1 { // its last deferred call is not its end
			time.Sleep(time.Millisecond)
		}
		w := newWalker()
		for ok := true; ok; ok = !enough() {
			callRoot(w, func(w *walker) { callStep(w, 1) })
		}
		fmt.Println("ok")
		os.Exit(0)
	}()
	defer close(gone)
	defer func() { w.cut(0) }()
	callRoot(w, func(w *walker) { callStep(w, 1) })
	callRoot(w, func(w *walker) { callLeave(w) })
}

// manyopen has more graphs open at once than there is room for: calls goroutines.
func manyopen() { stay(calls) }

// --- the runtime itself -------------------------------------------------------------------------

var kept [64]atomic.Value

//go:noinline
func callAlloc(w *walker, n int) {
	w.in(fAlloc)
	b := make([]byte, 10+n*37%2000)
	m := map[int]string{n: "x", n + 1: "y"}
	m[n+2] = string(b[:n%7])
	kept[n%64].Store(append(b, byte(len(m))))
	w.out()
}

func system() {
	workers(4, func(i int) {
		w := newWalker()
		for n := 0; n == 0 || !enough(); n++ {
			callRoot(w, func(w *walker) {
				for j := 0; j < 4; j++ {
					callAlloc(w, n+j)
					callStep(w, n)
				}
				done := make(chan bool)
				go func() { done <- true }()
				<-done
				callLeaf(w, n)
				if n%500 == 0 {
					runtime.GC()
				}
			})
		}
	})
}

// --- signals ------------------------------------------------------------------------------------

//go:noinline
func callSpin(w *walker, n int) int {
	w.in(fSpin)
	x := uint32(n)
	for i := 0; i < n; i++ { // no call inside: only a signal stops it
		x = x*1664525 + 1013904223
	}
	n = callLeaf(w, int(x))
	for i := 0; i < 1000; i++ {
		x = x*1664525 + 1013904223
	}
	w.out()
	return n + int(x)
}

func signals() {
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		fail(err)
	}
	got := make(chan os.Signal, 100)
	signal.Notify(got, syscall.SIGUSR1, syscall.SIGWINCH)
	stop := make(chan bool)
	go func() {
		for range got {
		}
	}()
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
				syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			}
		}
	}()
	go func() { // stops the world, by preemption
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
			}
		}
	}()
	workers(4, func(i int) {
		w := newWalker()
		for n := 0; n == 0 || !enough(); n++ {
			callRoot(w, func(w *walker) {
				for j := 0; j < 6; j++ {
					callSpin(w, 2000)
					callStep(w, j)
				}
				if n%50 == 0 {
					callSpin(w, 2000000)
				}
			})
		}
	})
	close(stop)
	pprof.StopCPUProfile()
}

// --- attached while calls run -----------------------------------------------------------------------

// inflight has 100 calls open when it says so on stdout, and goes on when stdin ends.
func inflight() {
	release := make(chan bool)
	var inside sync.WaitGroup
	inside.Add(100)
	go func() {
		inside.Wait()
		fmt.Println("open")
		var b [1]byte
		os.Stdin.Read(b[:])
		close(release)
	}()
	workers(100, func(i int) {
		w := newWalker()
		for k := i % 3; ; k = 0 {
			nest(w, k, func() {
				inside.Done()
				<-release
				// what comes now is seen whole
				for n := 0; n == 0 || !enough(); n++ {
					callRoot(w, func(w *walker) {
						callStep(w, n)
						callLeaf(w, n)
					})
				}
			})
			break
		}
	})
}

// nest calls f below k+1 calls.
func nest(w *walker, k int, f func()) {
	callPlain(w, func(w *walker, n int) int {
		if k > 0 {
			nest(w, k-1, f)
		} else {
			f()
		}
		return n
	}, k)
}

// --- goroutines ----------------------------------------------------------------------------------------

// bigids: the runtime numbers goroutines with 64 bits.
func bigids() {
	*goidgen() = 5 << 32
	for ok := true; ok; ok = !enough() {
		workers(50, func(i int) {
			w := newWalker()
			for n := 0; n < 20; n++ {
				callRoot(w, func(w *walker) { callStep(w, n) })
			}
		})
	}
	// ids that differ only above the lowest 32 bits
	for i := uint64(0); i < 40; i++ {
		*goidgen() = 16<<32 + i<<32
		workers(20, func(i int) { callRoot(newWalker(), func(w *walker) { callStep(w, i) }) })
	}
}

// goroutines: each makes three calls and is gone.
func goroutines() {
	for ok := true; ok; ok = !enough() {
		workers(200, func(i int) {
			callRoot(newWalker(), func(w *walker) { callStep(w, i) })
		})
	}
}

// forkexec: children with the same code make calls too, each with a log of its own.
func forkexec() {
	w := newWalker()
	each := calls / 20
	for i := 0; i < 10; i++ {
		callRoot(w, func(w *walker) {
			callStep(w, i)
			path := fmt.Sprintf("%s.child%d", os.Args[len(os.Args)-1], i)
			c := exec.Command("/proc/self/exe", "-situation", "goroutines", "-calls", fmt.Sprint(each), "-log", path)
			if err := c.Start(); err != nil {
				fail(err)
			}
			callStep(w, c.Process.Pid)
			if err := c.Wait(); err != nil {
				fail(err)
			}
			if err := os.WriteFile(path+".pid", []byte(fmt.Sprint(c.Process.Pid)), 0o600); err != nil {
				fail(err)
			}
			callLeaf(w, i)
		})
		for n := 0; n < each/3; n++ {
			callRoot(w, func(w *walker) { callStep(w, n) })
		}
	}
}

// --- a register that is not g ------------------------------------------------------------------------------

//go:nosplit
//go:noinline
func callBadG() { hits++ }

var hits int

// words gives memory of the heap that stays where it is, and as it is.
func words(v uintptr) *[128]uintptr {
	w := new([128]uintptr)
	for i := range w {
		w[i] = v
	}
	wordsKept = append(wordsKept, w)
	return w
}

var wordsKept []*[128]uintptr

// fakeG is like the g of a thread's system stack, whose id is 0: its seventh word is its m.
func fakeG(m uintptr) uintptr {
	g := words(0)
	g[6] = m
	if m != 8 {
		*(*uintptr)(unsafe.Pointer(m)) = uintptr(unsafe.Pointer(g)) // m.g0
	}
	return uintptr(unsafe.Pointer(g))
}

func fakeM(curg uintptr) uintptr { return uintptr(unsafe.Pointer(words(curg))) }

// halfG is this goroutine's g up to where its parent stands: behind that there is no memory.
func halfG() uintptr {
	const size, part = 8192, 256
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		fail(err)
	}
	runtime.LockOSThread()
	copy(mem[size/2-part:], (*[part]byte)(unsafe.Pointer(getg()))[:])
	if err := syscall.Mprotect(mem[size/2:], syscall.PROT_NONE); err != nil {
		fail(err)
	}
	return uintptr(unsafe.Pointer(&mem[size/2-part]))
}

// badg calls a function with another r14, as no compiled Go code does.
func badg(g uintptr) {
	f := callBadG
	w := newWalker()
	for i := 0; i < calls; i++ {
		w.in(fBadG)
		withG(**(**uintptr)(funcWord(&f)), g)
		w.out()
	}
}
