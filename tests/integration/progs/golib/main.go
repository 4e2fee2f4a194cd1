// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Golib is a shared library for C (-buildmode=c-shared), with a runtime of its own.
package main

import "C"

import (
	"errors"
)

type Item struct {
	Name string
	N    int
}

//go:noinline
func compute(it *Item, n int) (int, error) {
	if n > 2 {
		return 0, errors.New("too big")
	}
	return it.N + n, nil
}

//go:noinline
func inGoroutine(n int, done chan int) { done <- deeper(n) }

//go:noinline
func deeper(n int) int { return n * 2 }

// GoWork is what C calls.
//
//export GoWork
func GoWork(n C.int) C.int {
	done := make(chan int)
	go inGoroutine(int(n), done)
	v := <-done
	r, err := compute(&Item{"it", 40}, int(n))
	if err != nil {
		return -1
	}
	return C.int(r + v)
}

func main() {}
