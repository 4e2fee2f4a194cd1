// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Makes events of the runtime, n of each kind:
//
//	events [-n N]
package main

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"time"
)

type plain struct{ v [37]uint64 } // 296 bytes, no pointers

type linked struct { // 328 bytes
	next *linked
	v    [40]uint64
}

type large struct{ v [5000]uint64 } // 40000 bytes

var (
	keptPlain  *plain
	keptLinked *linked
	keptLarge  *large
	keptWord   *uint64
)

//go:noinline
func allocates(n int) {
	for i := 0; i < n; i++ {
		keptPlain = new(plain)
		keptLinked = new(linked)
		keptLarge = new(large)
		keptWord = new(uint64)
	}
}

//go:noinline
func fails(i int) { panic(i) }

//go:noinline
func recovers(n int) {
	for i := 0; i < n; i++ {
		func() {
			defer func() { recover() }()
			fails(i)
		}()
	}
}

//go:noinline
func grows(depth int) int {
	var pad [64]int
	pad[depth%64] = depth
	if depth == 0 {
		return pad[0]
	}
	return grows(depth-1) + pad[depth%64]
}

var group sync.WaitGroup

//go:noinline
func job() {
	grows(100)
	time.Sleep(time.Millisecond)
	group.Done()
}

//go:noinline
func starts(n int) {
	for i := 0; i < n; i++ {
		group.Add(1)
		go job()
	}
	group.Wait()
}

//go:noinline
func collects(n int) {
	for i := 0; i < n; i++ {
		runtime.GC()
	}
}

func main() {
	n := flag.Int("n", 20, "how many of each")
	flag.Parse()
	allocates(*n)
	recovers(*n)
	starts(*n)
	collects(*n)
	fmt.Println("ok")
}
