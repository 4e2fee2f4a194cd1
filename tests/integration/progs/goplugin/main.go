// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Goplugin is built with -buildmode=plugin.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

type Shape struct {
	Name  string
	Sides int
}

type Sider interface{ Count() int }

//go:noinline
func (s *Shape) Count() int { return s.Sides }

type Bad struct{ n int }

func (b *Bad) Error() string { return "bad" }

//go:noinline
func describe(s Sider, n int) string { return fmt.Sprint(s.Count() + n) }

//go:noinline
func F(n int) (string, error) {
	if n == 3 {
		return "", &Bad{n}
	}
	return describe(&Shape{"sq", n}, 1), nil
}

//go:noinline
func fails(n int) { panic(n) }

//go:noinline
func ends(done chan int) {
	defer close(done)
	runtime.Goexit()
}

// W waits, starts a goroutine that ends itself, asks the kernel, and recovers.
func W(n int) (s string, err error) {
	defer func() { s = fmt.Sprint("recovered ", recover()) }()
	time.Sleep(5 * time.Millisecond)
	done := make(chan int)
	go ends(done)
	<-done
	os.Remove("/nonexistent/file")
	fails(n)
	return
}

func main() {}
