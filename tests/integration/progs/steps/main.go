// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program steps calls one function on its first thread for a while, which a
// debugger steps through meanwhile, and checks every result.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

func init() { runtime.LockOSThread() }

//go:noinline
func half(n int) (h int, ok bool) {
	if n&1 != 0 {
		return 0, false
	}
	return twice(n) / 4, true
}

//go:noinline
func twice(n int) int { return n * 2 }

func main() {
	d := flag.Duration("time", 3*time.Second, "how long")
	flag.Parse()
	calls := 0
	for end := time.Now().Add(*d); time.Now().Before(end); {
		for i := 0; i < 1000; i++ {
			h, ok := half(i)
			if ok != (i&1 == 0) || ok && h != i/2 {
				fmt.Println("half", i, "is", h, ok)
				os.Exit(1)
			}
			calls++
		}
	}
	fmt.Println(calls)
}
