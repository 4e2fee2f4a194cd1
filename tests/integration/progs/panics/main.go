// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program panics leaves functions in every way but a return: panic and recover
// at several levels, a second panic in a deferred function, a panic of the
// runtime (nil map), and runtime.Goexit.  Each round does all of it; between
// them plain() runs, whose tree must look the same every time, whatever the
// frames that panics removed.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

var recovered, exited int

//go:noinline
func bottom(n int) int {
	if n >= 0 {
		panic(n)
	}
	return n
}

//go:noinline
func middle(n int) int {
	return bottom(n) + 1
}

// same: panic and recover one frame above.
//
//go:noinline
func same() {
	defer func() {
		if recover() != nil {
			recovered++
		}
	}()
	bottom(1)
}

// above: the panic removes middle and bottom.
//
//go:noinline
func above() int {
	defer func() {
		if recover() != nil {
			recovered++
		}
	}()
	return middle(2)
}

// again: the deferred function that recovers panics itself; again's caller
// recovers that.
//
//go:noinline
func again() {
	defer func() {
		if recover() != nil {
			recovered++
			panic("again")
		}
	}()
	middle(3)
}

//go:noinline
func outer() {
	defer func() {
		if recover() != nil {
			recovered++
		}
	}()
	again()
}

// runtimePanic writes to a nil map.
//
//go:noinline
func runtimePanic() {
	defer func() {
		if recover() != nil {
			recovered++
		}
	}()
	var m map[int]int
	m[1] = 2
}

//go:noinline
func leave() {
	runtime.Goexit()
}

// goexit ends its goroutine below a deferred function.
//
//go:noinline
func goexit(wg *sync.WaitGroup) {
	defer wg.Done()
	defer func() { exited++ }()
	leave()
}

//go:noinline
func two(n int) int { return n + 2 }

//go:noinline
func one(n int) int { return two(n) + 1 }

// plain has the tree plain(one(two)).
//
//go:noinline
func plain(n int) int { return one(n) }

//go:noinline
func round(n int) int {
	same()
	above()
	outer()
	runtimePanic()
	return plain(n)
}

func main() {
	rounds := flag.Int("rounds", 20, "rounds")
	flag.Parse()

	for i := 0; i < *rounds; i++ {
		if got := round(i); got != i+3 {
			fmt.Fprintf(os.Stderr, "panics: round %d gave %d\n", i, got)
			os.Exit(1)
		}
		var wg sync.WaitGroup
		wg.Add(1)
		go goexit(&wg)
		wg.Wait()
	}
	// same 1, above 1, again and outer 2, the nil map 1
	if recovered != 5**rounds || exited != *rounds {
		fmt.Fprintf(os.Stderr, "panics: recovered %d, exited %d\n", recovered, exited)
		os.Exit(1)
	}
	time.Sleep(50 * time.Millisecond) // the last goroutine is still leaving when it has said that it is done
	fmt.Println("ok")
}
