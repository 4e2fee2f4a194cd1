// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program flat calls one function flat out for a while, several times, and
// prints for each run "CALLS NANOSECONDS".
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// f needs a frame of its own, as most functions do: without one there would be
// no stack check and no prologue to place a probe behind.
//
//go:noinline
func f(n int) int {
	var a [16]int
	g(&a, n)
	return a[n&15]
}

//go:noinline
func g(a *[16]int, n int) { a[n&15] = n }

// there and back: the goroutine of h waits, another runs, and it goes on.
//
//go:noinline
func h(to, from chan int, n int) int {
	to <- n
	return <-from
}

// s makes a system call.
//
//go:noinline
func s(n int) int { return n + os.Getppid() }

// jump calls a function that is left by a jump: see jump_amd64.s.
func jump(n int) int

var others int64 // calls of the other threads

func main() {
	d := flag.Duration("time", time.Second, "length of a run")
	runs := flag.Int("runs", 3, "number of runs")
	batch := flag.Int("batch", 1000, "calls between looks at the clock")
	threads := flag.Int("threads", 1, "threads that call; the runs are of the first")
	what := flag.String("what", "call", "what is done: call, jump, switch, syscall")
	flag.Parse()

	to, from := make(chan int), make(chan int)
	go func() {
		for n := range to {
			from <- n
		}
	}()
	do := map[string]func(int) int{"call": f, "jump": jump, "switch": func(n int) int { return h(to, from, n) }, "syscall": s}[*what]

	for i := 1; i < *threads; i++ {
		go func() {
			runtime.LockOSThread()
			for i := 0; ; i++ {
				f(i)
				atomic.AddInt64(&others, 1)
			}
		}()
	}
	if *what == "call" || *what == "jump" {
		runtime.LockOSThread()
	}
	sum := 0
	for r := 0; r < *runs; r++ {
		start, calls := time.Now(), 0
		before := atomic.LoadInt64(&others)
		for time.Since(start) < *d {
			for i := 0; i < *batch; i++ {
				sum += do(i)
			}
			calls += *batch
		}
		fmt.Println(calls+int(atomic.LoadInt64(&others)-before), time.Since(start).Nanoseconds())
	}
	if sum == -1 {
		fmt.Println(sum)
	}
}
