// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build go1.23

package main

import (
	"iter"
	"runtime"
)

func init() {
	ranges, pulls = rangesNow, pullsNow
}

// --- range over functions --------------------------------------------------------------

//go:noinline
func rangeSeq(w *walker, n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			callLeaf(w, i)
			if !yield(i) {
				return
			}
		}
	}
}

// callRange: its loop's body is a function; left by break, continue, return, and a panic in it.
//
//go:noinline
func callRange(w *walker, n, how int) int {
	w.in(fRange)
	for i := range rangeSeq(w, n) {
		w.in(fRangeBody)
		callStep(w, i)
		switch {
		case how == 1 && i == 2:
			w.out()
			w.out()
			return i
		case how == 2 && i == 3:
			callBoom(w, i)
		case how == 3:
			w.out()
			continue
		}
		w.out()
		if how == 4 {
			break
		}
	}
	w.out()
	return n
}

// callRangeDefer: a defer in the body belongs to the function around it.  Its return is noted by its caller.
//
//go:noinline
func callRangeDefer(w *walker, n int) {
	w.in(fRangeDefer)
	for i := range rangeSeq(w, n) {
		w.in(fRangeDeferBody)
		defer callDeferred(w, i)
		w.out()
		if i == n-2 {
			break
		}
	}
	callLeaf(w, n)
}

func rangesNow() {
	workers(2, func(int) {
		w := newWalker()
		for ok := true; ok; ok = !enough() {
			callRoot(w, func(w *walker) {
				for how := 0; how < 5; how++ {
					if how != 2 {
						callRange(w, 5, how)
					}
				}
				rescue(w, func(w *walker, _ int) int { return callRange(w, 5, 2) })
				callRangeDefer(w, 5)
				w.out() // callRangeDefer's: when its deferred calls are done
			})
		}
	})
}

// --- coroutines ----------------------------------------------------------------------------

//go:noinline
func pullSeq(n int, how int) iter.Seq[int] {
	return func(yield func(int) bool) {
		w := newWalker()
		defer func() { w.cut(0) }()
		callRoot(w, func(w *walker) {
			for i := 0; i < n; i++ {
				callStep(w, i)
				if !yield(i) {
					break
				}
				if how == 1 && i == 2 {
					callMiddle(w, i) // whoever pulls gets the panic
				}
				if how == 2 && i == 1 {
					runtime.Goexit()
				}
				rescue(w, callMiddle)
			}
			callLeaf(w, 1)
		})
	}
}

//go:noinline
func callPull(w *walker, how int) int {
	w.in(fPull)
	next, stop := iter.Pull(pullSeq(6, how))
	sum := 0
	for {
		v, ok := next()
		if !ok || (how == 3 && v == 3) {
			break
		}
		callStep(w, v)
		sum += v
	}
	stop()
	w.out()
	return sum
}

func pullsNow() {
	workers(4, func(i int) {
		w := newWalker()
		for n := 0; n < 10 || !enough(); n++ {
			callRoot(w, func(w *walker) {
				callPull(w, 0)
				callPull(w, 3)
				rescue(w, callPull)
				callLeaf(w, 1)
			})
			if i > 0 {
				continue
			}
			// Goexit in a coroutine ends who pulls, too
			workers(3, func(int) {
				w := newWalker()
				defer func() { w.cut(0) }()
				callRoot(w, func(w *walker) { callPull(w, 2) })
			})
		}
	})
}
