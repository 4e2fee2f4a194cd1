// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build go1.23

package main

import (
	"iter"
	"time"
)

// Only where the language has coroutines: a goroutine that hands over by itself, and waits in between.
func init() { withCoroutines = pulls }

//go:noinline
func generate(yield func(int) bool) {
	for i := 0; i < 4; i++ {
		time.Sleep(pause / 4)
		if !yield(i) {
			return
		}
	}
}

//go:noinline
func pulls() {
	next, stop := iter.Pull(iter.Seq[int](generate))
	defer stop()
	for _, ok := next(); ok; _, ok = next() {
	}
}
