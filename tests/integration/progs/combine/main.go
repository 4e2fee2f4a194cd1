// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Does the same few things in each round, and writes down what is to be seen of them:
//
//	combine [-rounds N] [-ms N] [-chain N] [-die MS]
//
// In round i the root takes long if i is odd, and the goroutine that it starts
// if i / 2 is.  With -chain N a goroutine starts one that starts one ..., N in all.
// The last lines are one JSON object, and "ok".
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

type note struct {
	I     int
	Child uint64 // goid
	Begin int64  // of the call, CLOCK_MONOTONIC in ns
	Root  int64  // how long it took, by this program's clock
	Kid   int64  // the same of the goroutine's function
	Sum   int
}

var (
	pause time.Duration
	sink  int
	all   []note
)

func goid() uint64 {
	var buf [64]byte
	s := strings.Fields(string(buf[:runtime.Stack(buf[:], false)]))
	n, _ := strconv.ParseUint(s[1], 10, 64)
	return n
}

func monotonic() int64 {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

//go:noinline
func leaf(n int) int { sink += n; return n + 1 }

//go:noinline
func inner(n int) int { return leaf(n) + leaf(n*10) }

//go:noinline
func step(n int) int { return inner(n) + 1 }

// Two system calls: one that gives 20 - nice, and one that fails.
//
//go:noinline
func asks(n int) int {
	r, _, _ := syscall.Syscall(syscall.SYS_GETPRIORITY, 0, 0, 0)
	_, _, e := syscall.Syscall(syscall.SYS_CLOSE, uintptr(100000+n), 0, 0)
	return int(r) + int(e)
}

//go:noinline
func boom(n int) { leaf(n); panic(n) }

//go:noinline
func rescued(n int) (r int) {
	defer func() { r = recover().(int) }()
	boom(n)
	return
}

//go:noinline
func waits(n int) { time.Sleep(pause + time.Duration(n>>62)) } // an argument that is read is kept while the stack grows

//go:noinline
func joins(done chan int) int { return <-done }

//go:noinline
func childStep(n int) int { return leaf(n) + asks(n) }

//go:noinline
func child(n int, kid *note, done chan int) {
	begin := time.Now()
	kid.Child = goid()
	sum := childStep(n)
	for i := 0; n&2 != 0 && i <= n&1; i++ { // longer than a root that waits for it
		waits(n)
	}
	kid.Kid = time.Since(begin).Nanoseconds()
	done <- sum
}

//go:noinline
func root(n int, word string, kid *note, done chan int) (sum int) {
	sum = step(n) + asks(n) + rescued(n)
	go child(n, kid, done)
	if n&1 != 0 {
		waits(n)
	}
	if n&1 == n>>1&1 {
		sum += joins(done)
	}
	return sum + len(word)
}

//go:noinline
func round(n int) {
	done := make(chan int, 1)
	kid := &note{I: n}
	begin := time.Now()
	kid.Begin = monotonic()
	sum := root(n, fmt.Sprintf("round %d", n), kid, done)
	kid.Root = time.Since(begin).Nanoseconds()
	kid.Sum = sum
	if n&1 != n>>1&1 {
		joins(done) // the end of the goroutine is not far
	}
	time.Sleep(5 * time.Millisecond)
	all = append(all, *kid)
}

//go:noinline
func link(n int, done chan int) {
	if n > 0 {
		go link(n-1, done)
		return
	}
	done <- n
}

//go:noinline
func chain(n int) {
	done := make(chan int)
	link(n, done)
	<-done
}

func say() {
	json.NewEncoder(os.Stdout).Encode(map[string]any{"main": goid(), "rounds": all})
	fmt.Println("ok")
}

func main() {
	links := flag.Int("chain", 0, "goroutines that start each other")
	rounds := flag.Int("rounds", 8, "how often")
	die := flag.Int("die", 0, "after how many ms it kills itself")
	ms := flag.Int("ms", 20, "how long each wait is")
	flag.Parse()
	pause = time.Duration(*ms) * time.Millisecond
	runtime.GOMAXPROCS(2)
	if *die > 0 {
		time.AfterFunc(time.Duration(*die)*time.Millisecond, func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	}
	for n := 0; n < *rounds; n++ {
		round(n)
	}
	if *links > 0 {
		chain(*links)
		time.Sleep(5 * time.Millisecond)
	}
	say()
}
