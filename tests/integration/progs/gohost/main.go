// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Gohost loads goplugin and calls its F, or the function that is named, four times.
package main

import (
	"fmt"
	"os"
	"plugin"
	"time"
)

//go:noinline
func call(f func(int) (string, error), n int) string {
	s, err := f(n)
	if err != nil {
		return err.Error()
	}
	return s
}

func main() {
	p, err := plugin.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	name := "F"
	if len(os.Args) > 2 {
		name = os.Args[2]
	}
	f, err := p.Lookup(name)
	if err != nil {
		panic(err)
	}
	for i := 0; i < 4; i++ {
		fmt.Fprintln(os.Stderr, call(f.(func(int) (string, error)), i))
		time.Sleep(20 * time.Millisecond)
	}
}
