// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program odd passes text that a terminal must never see raw: escape
// sequences, control characters, invalid UTF-8.
package main

import (
	"flag"
	"fmt"
	"time"
)

//go:noinline
func say(p *[32]byte, n int) int {
	return inner(p[n%len(p)])
}

//go:noinline
func inner(b byte) int { return int(b) }

func main() {
	n := flag.Int("n", 3, "rounds")
	sleep := flag.Duration("sleep", 10*time.Millisecond, "between rounds")
	flag.Parse()

	var text [32]byte
	// red, a bell, title of the terminal, a line feed, a byte that is no UTF-8
	copy(text[:], "\x1b[31mRED\a\x1b]0;t\a\n\xffend")
	for i := 0; i < *n; i++ {
		say(&text, i)
		time.Sleep(*sleep)
	}
	fmt.Println("ok")
}
