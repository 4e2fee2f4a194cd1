// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program storm runs many goroutines at once, each calling a nest of
// functions, yielding and sleeping in between so that they move between
// threads.  It counts its own calls and prints the truth as one line of JSON:
//
//	{"root":N,"mid":N,"leaf":N,"goroutines":N}
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

var roots, mids, leaves uint64

//go:noinline
func leaf(n int) int {
	atomic.AddUint64(&leaves, 1)
	return n * 3
}

// mid calls leaf n times; it yields in between, so that the goroutine may
// continue on another thread in the middle of a traced call.
//
//go:noinline
func mid(n int, yield bool) int {
	atomic.AddUint64(&mids, 1)
	sum := 0
	for i := 0; i < n; i++ {
		sum += leaf(i)
		if yield {
			runtime.Gosched()
		}
	}
	return sum
}

// root makes 3 calls of mid, with 0, 1 and 2 leaves: 7 calls with itself.
//
//go:noinline
func root(yield bool, sleep time.Duration) int {
	atomic.AddUint64(&roots, 1)
	sum := 0
	for i := 0; i < 3; i++ {
		sum += mid(i, yield)
	}
	if sleep != 0 {
		time.Sleep(sleep)
	}
	return sum
}

func main() {
	n := flag.Int("goroutines", 100, "goroutines at once")
	rounds := flag.Int("rounds", 20, "calls of root by each")
	yield := flag.Bool("yield", true, "yield between calls of leaf")
	sleep := flag.Duration("sleep", time.Millisecond, "sleep inside root")
	flag.Parse()

	var wg sync.WaitGroup
	for i := 0; i < *n; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < *rounds; j++ {
				if got := root(*yield, *sleep); got != 3 {
					fmt.Fprintf(os.Stderr, "storm: root gave %d, not 3\n", got)
					os.Exit(1)
				}
			}
		}()
	}
	wg.Wait()
	fmt.Printf("{\"root\":%d,\"mid\":%d,\"leaf\":%d,\"goroutines\":%d}\n", roots, mids, leaves, *n)
	fmt.Println("ok")
}
