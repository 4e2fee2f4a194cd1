// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// The same program with C in it: calls of C, calls back from C, panics through
// C, and threads that C made.  (Its assembly keeps checker itself free of cgo.)
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdint.h>

extern void bounced(uintptr_t h, int n);
extern void fromThread(int n);

static int work(int n)
{
	volatile int x = n;

	for (int i = 0; i < 10; i++)
		x += i;
	return x;
}

static void bounce(uintptr_t h, int n)
{
	volatile char room[300];

	room[n % 300] = 1;
	bounced(h, n);
	room[(n + 1) % 300] = room[n % 300];
}

static void *thread(void *arg)
{
	fromThread((int)(intptr_t)arg);
	fromThread((int)(intptr_t)arg + 1);
	return 0;
}

static int threads(int n)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		if (pthread_create(&t[i], 0, thread, (void *)(intptr_t)(n + i)))
			return -1;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], 0);
	return 0;
}
*/
import "C"

import (
	"errors"
	"runtime"
	"runtime/cgo"
)

const (
	fRoot = iota
	fLeaf
	fC
	fBounce
	fBack
	fBoom
	fThread
	fAgain
	fAgainFunc
	fInside
	fInsideFunc
	fLeave
)

var names = []string{
	fRoot:   "main.callRoot",
	fLeaf:   "main.callLeaf",
	fC:      "main.callC",
	fBounce: "main.callBounce",
	fBack:   "main.callBack",
	fBoom:   "main.callBoom",
	fThread: "main.callThread",

	fAgain:      "main.callAgain",
	fAgainFunc:  "main.callAgain.func1",
	fInside:     "main.callInside",
	fInsideFunc: "main.callInside.func1",
	fLeave:      "main.callLeave",
}

var situations = map[string]func(){"cgo": throughC, "threads": threads, "unwind": unwindC}

// What a call back from C does before anything else.
const (
	panics      = -1 - iota
	panicsAgain // and so does what is deferred then
	recovers    // and goes back to C
	leaves      // the goroutine: runtime.Goexit
)

//go:noinline
func callRoot(w *walker, body func(w *walker)) {
	w.in(fRoot)
	body(w)
	w.out()
}

//go:noinline
func callLeaf(w *walker, n int) int {
	w.in(fLeaf)
	w.out()
	return n + 1
}

//go:noinline
func callC(w *walker, n int) int {
	w.in(fC)
	n = int(C.work(C.int(n)))
	w.out()
	return n
}

//go:noinline
func callBounce(w *walker, n int) {
	w.in(fBounce)
	h := cgo.NewHandle(w)
	C.bounce(C.uintptr_t(h), C.int(n))
	h.Delete()
	w.out()
}

//export bounced
func bounced(h C.uintptr_t, n C.int) {
	w := cgo.Handle(h).Value().(*walker)
	switch n {
	case panics:
		callBoom(w, int(n))
	case panicsAgain:
		callAgain(w, int(n))
	case recovers:
		callInside(w, int(n))
	case leaves:
		callLeave(w, int(n))
	}
	callBack(w, int(n))
}

// callAgain's deferred call panics while a panic comes through C, and through C again.
//
//go:noinline
func callAgain(w *walker, n int) {
	w.in(fAgain)
	defer func() {
		w.in(fAgainFunc)
		rescue(w, callBounce, panics)
		callBounce(w, 1)
		callBounce(w, panics)
		w.out()
	}()
	callBounce(w, panics)
	w.out()
}

//go:noinline
func callInside(w *walker, n int) {
	w.in(fInside)
	live := len(w.live)
	defer func() {
		w.in(fInsideFunc)
		callBounce(w, 1)
		r := recover()
		callLeaf(w, n)
		w.out()
		if r != nil {
			w.cut(live)
		}
		w.out()
	}()
	callBounce(w, panics)
}

//go:noinline
func callLeave(w *walker, n int) {
	w.in(fLeave)
	callBounce(w, 1)
	if n < 0 {
		runtime.Goexit()
	}
	w.out()
}

//go:noinline
func callBack(w *walker, n int) {
	w.in(fBack)
	callLeaf(w, n)
	if n > 0 {
		callBounce(w, n-1)
	}
	callC(w, n)
	w.out()
}

//go:noinline
func callBoom(w *walker, n int) {
	w.in(fBoom)
	if n != 0 {
		panic(n)
	}
	w.out()
}

// rescue recovers what f panics, through C if need be.
//
//go:noinline
func rescue(w *walker, f func(*walker, int), n int) {
	live := len(w.live)
	defer func() {
		if recover() != nil {
			w.cut(live)
		}
	}()
	f(w, n)
}

func throughC() {
	workers(4, func(int) {
		w := newWalker()
		for n := 0; n == 0 || !enough(); n++ {
			callRoot(w, func(w *walker) {
				callC(w, n)
				callBounce(w, n%4)
				rescue(w, callBounce, -1)
				callLeaf(w, n)
			})
		}
	})
}

// Panics upon panics and Goexit, with C between the Go calls that they remove.
func unwindC() {
	for ok := true; ok; ok = !enough() {
		workers(4, func(i int) {
			w := newWalker()
			defer func() { w.cut(0) }()
			for n := 0; n < 10; n++ {
				callRoot(w, func(w *walker) {
					rescue(w, callBounce, panicsAgain)
					callBounce(w, recovers)
					rescue(w, callAgain, n)
					callLeaf(w, n)
				})
				// the root goes, too
				rescue(w, func(w *walker, n int) { callRoot(w, func(w *walker) { callBounce(w, panicsAgain) }) }, n)
			}
			if i%2 == 0 {
				callRoot(w, func(w *walker) { callBounce(w, leaves) })
			}
		})
	}
}

// A thread of C has a goroutine for each call of Go.
//
//export fromThread
func fromThread(n C.int) {
	callRoot(newWalker(), func(w *walker) {
		callThread(w, int(n))
		callBounce(w, 1)
	})
}

//go:noinline
func callThread(w *walker, n int) {
	w.in(fThread)
	callC(w, n)
	callLeaf(w, n)
	w.out()
}

func threads() {
	for ok := true; ok; ok = !enough() {
		if C.threads(1) != 0 {
			fail(errors.New("no thread"))
		}
	}
}
