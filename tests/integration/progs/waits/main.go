// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Waits for everything that a goroutine can wait for, one function for each,
// and writes down how long each call took by its own clock:
//
//	waits [-rounds N] [-ms N] [-procs N]
//
// The last two lines are one JSON object, and "ok".
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

var (
	pause  time.Duration
	took   = map[string]int64{}
	sink   uint64
	nobody = make(chan int)
	wg     sync.WaitGroup
	withC  func() // cgo.go

	withCoroutines func() // coro.go
)

//go:noinline
func sleeps() { time.Sleep(pause) }

//go:noinline
func receives() {
	c := make(chan int)
	go func() { time.Sleep(pause); c <- 1 }()
	<-c
}

//go:noinline
func sends() {
	c := make(chan int)
	go func() { time.Sleep(pause); <-c }()
	c <- 1
}

//go:noinline
func selects() {
	select {
	case <-nobody:
	case <-time.After(pause):
	}
}

//go:noinline
func locks() {
	var m sync.Mutex
	m.Lock()
	go func() { time.Sleep(pause); m.Unlock() }()
	m.Lock()
	m.Unlock()
}

//go:noinline
func joins() {
	var w sync.WaitGroup
	w.Add(1)
	go func() { time.Sleep(pause); w.Done() }()
	w.Wait()
}

//go:noinline
func conds() {
	var m sync.Mutex
	c := sync.NewCond(&m)
	m.Lock()
	go func() { time.Sleep(pause); m.Lock(); c.Signal(); m.Unlock() }()
	c.Wait()
	m.Unlock()
}

//go:noinline
func reads(a, b net.Conn) {
	var buf [1]byte
	go func() { time.Sleep(pause); b.Write([]byte{1}) }()
	a.Read(buf[:])
}

// A system call that blocks its thread: the runtime does not know this pipe.
//
//go:noinline
func blocks() {
	var p [2]int
	var buf [1]byte
	if err := syscall.Pipe(p[:]); err != nil {
		panic(err)
	}
	go func() { time.Sleep(pause); syscall.Write(p[1], []byte{1}) }()
	syscall.Read(p[0], buf[:])
	syscall.Close(p[0])
	syscall.Close(p[1])
}

//go:noinline
func spins() {
	for end := time.Now().Add(pause); time.Now().Before(end); {
		for i := 0; i < 1000; i++ {
			sink += uint64(i)
		}
	}
}

// More goroutines than processors: ready, and not running.
//
//go:noinline
func crowds() {
	// with two, all others may share the other one
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() { spins(); wg.Done() }()
	}
	runtime.Gosched()
	spins()
}

//go:noinline
func collects() { runtime.GC() }

//go:noinline
func child(n int, done chan int) {
	time.Sleep(pause)
	leaf(n)
	if n > 0 {
		sub := make(chan int)
		go child(n-1, sub)
		<-sub
	}
	done <- n
}

//go:noinline
func leaf(n int) { sink += uint64(n) }

//go:noinline
func starts() {
	done := make(chan int)
	go child(1, done)
	<-done
}

func timed(name string, f func()) {
	begin := time.Now()
	f()
	took[name] += time.Since(begin).Nanoseconds()
}

//go:noinline
func round(a, b net.Conn) {
	timed("sleeps", sleeps)
	timed("receives", receives)
	timed("sends", sends)
	timed("selects", selects)
	timed("locks", locks)
	timed("joins", joins)
	timed("conds", conds)
	timed("reads", func() { reads(a, b) })
	timed("blocks", blocks)
	timed("spins", spins)
	timed("crowds", crowds)
	timed("collects", collects)
	timed("starts", starts)
	if withC != nil {
		timed("naps", withC)
	}
	if withCoroutines != nil {
		timed("pulls", withCoroutines)
	}
}

func main() {
	rounds := flag.Int("rounds", 1, "how often")
	ms := flag.Int("ms", 20, "how long each wait is")
	procs := flag.Int("procs", 2, "processors that the runtime uses")
	flag.Parse()
	pause = time.Duration(*ms) * time.Millisecond
	runtime.GOMAXPROCS(*procs)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	b, err := l.Accept()
	if err != nil {
		panic(err)
	}
	for i := 0; i < *rounds; i++ {
		round(a, b)
		wg.Wait()
	}
	json.NewEncoder(os.Stdout).Encode(took)
	fmt.Println("ok")
}
