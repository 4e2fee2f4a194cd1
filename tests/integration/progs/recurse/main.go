// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program recurse calls itself deeply with frames large enough that the stack
// is moved several times in the middle of traced calls.  Each tree of calls
// runs in a goroutine of its own, so each starts with a small stack.
//
// For every round: walk(depth) calls walk(depth-1) twice down to level
// "branch", then once per level; leaf ends each path.  main.pad makes the
// frames large.  The shape is known, so a test compares whole trees.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

var sink byte

// pad uses a large frame: with it the stack of a new goroutine (2 to 8 KiB)
// must grow while walk is being called.
//
//go:noinline
func pad(n int) byte {
	var b [600]byte
	for i := range b {
		b[i] = byte(n + i)
	}
	return b[n%len(b)]
}

//go:noinline
func leaf(n int) int {
	sink += pad(n)
	return 1
}

// walk returns the number of leaves below it.
//
//go:noinline
func walk(depth, branch int) int {
	var frame [200]byte
	frame[depth%len(frame)] = byte(depth)
	if depth == 0 {
		return leaf(int(frame[0]))
	}
	n := walk(depth-1, branch)
	if depth <= branch {
		n += walk(depth-1, branch)
	}
	sink += frame[(depth+1)%len(frame)]
	return n
}

// root is what tests open their graphs on.
//
//go:noinline
func root(depth, branch int) int {
	return walk(depth, branch)
}

func main() {
	depth := flag.Int("depth", 60, "levels of recursion")
	branch := flag.Int("branch", 3, "lowest levels that call twice")
	rounds := flag.Int("rounds", 5, "goroutines, one after the other")
	gc := flag.Bool("gc", false, "collect garbage all the time: stacks shrink too")
	flag.Parse()

	if *gc {
		go func() {
			for {
				runtime.GC()
			}
		}()
	}
	for i := 0; i < *rounds; i++ {
		done := make(chan int)
		go func() { done <- root(*depth, *branch) }()
		if got, want := <-done, 1<<uint(*branch); got != want {
			fmt.Fprintf(os.Stderr, "recurse: %d leaves, not %d\n", got, want)
			os.Exit(1)
		}
	}
	fmt.Println("ok")
}
