// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program calls is what gft's examples trace: one function that calls a small
// nest of others, prints through a method, and sleeps.
//
//	doSomething
//	├── add ── add1 ── add3
//	├── minus
//	├── fmt.Printf ── … ── (*Student).String
//	└── time.Sleep
//
// The functions carry go:noinline because the compiler would otherwise copy
// their few instructions into the caller, and a call that is not made cannot
// be traced.  In a real program gft tells which functions were inlined away.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// Pair is passed by pointer: at the entry of add register ax holds its
// address, so the field b is the memory at +8(%ax).
type Pair struct {
	a, b int
}

// Student prints itself, so fmt calls back into this package.  In memory:
// address of the name at +0, its length at +8, the age at +16.
type Student struct {
	name string
	age  int
}

// String is called by fmt through an interface.
func (s *Student) String() string {
	strings++
	return s.name + ", " + fmt.Sprint(s.age)
}

// A call through a function variable stays a call: fmt.Printf itself is small
// enough to be inlined, and would then be missing from the graph.
var printf = fmt.Printf

// strings counts the calls of String, for -self-check.
var strings int

//go:noinline
func add(p *Pair) int {
	return add1(p.a, p.b) + 1
}

//go:noinline
func add1(a, b int) int {
	return add3(a, b) + 1
}

//go:noinline
func add3(a, b int) int {
	return a + b + 3
}

//go:noinline
func minus(a, b int) int {
	return a - b
}

//go:noinline
func doSomething(round int, sleep time.Duration) int {
	p := &Pair{a: round, b: 2 * round}
	sum := add(p)
	sum += minus(p.a, p.b)

	s := &Student{name: "Grace Hopper", age: 36 + round}
	printf("student: %s\n", s)

	time.Sleep(sleep)
	return sum
}

func main() {
	n := flag.Int("n", 0, "number of rounds; 0 goes on forever")
	sleep := flag.Duration("sleep", time.Second, "how long each round sleeps")
	check := flag.Bool("self-check", false, "check every result, and print ok at the end")
	flag.Parse()

	for round := 1; *n == 0 || round <= *n; round++ {
		got := doSomething(round, *sleep)
		// add gives a + b + 5, minus gives a - b: together 2a + 5
		if *check && (got != 2*round+5 || strings != round) {
			fmt.Fprintf(os.Stderr, "calls: round %d: result %d, String called %d times\n", round, got, strings)
			os.Exit(1)
		}
	}
	if *check {
		fmt.Println("ok")
	}
}
