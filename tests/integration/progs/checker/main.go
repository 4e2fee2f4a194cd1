// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program checker writes down what it does while it is traced, one situation
// of Go's runtime at a time (-situation), so that a graph can be compared with
// it, call by call.
//
// Every function whose name holds "call" notes each of its calls: the
// goroutine, how many such calls are live below it on its stack, and how it
// was left.  A call is live until it returns or a panic or Goexit has removed
// it: a deferred function that runs while the goroutine panics is called by
// the call that panicked, which is where the runtime calls it from.
//
// The notes lie in a shared mapping of the file -log, so that they outlive
// os.Exit: a header of 16 bytes (count, size of a note), then one note each:
//
//	goid u64, depth u32, function u16, left u8, zero u8
//
// left: 0 not left, 1 returned, 2 removed by a panic or Goexit.  FILE.names
// lists the functions, one a line, in order of their numbers.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const (
	notLeft = iota
	returned
	removed
)

type note struct {
	goid  uint64
	depth uint32
	fn    uint16
	left  uint8
	_     uint8
}

type header struct {
	count uint64
	size  uint64
}

var (
	head  *header
	notes []note
	calls int // -calls: how many are wanted, about
	depth int // -depth of recursion
)

// openLog maps the file, with room for n calls.
func openLog(path string, n int) {
	size := int(unsafe.Sizeof(header{})) + n*int(unsafe.Sizeof(note{}))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		err = f.Truncate(int64(size))
	}
	if err != nil {
		fail(err)
	}
	mem, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		fail(err)
	}
	f.Close()
	head = (*header)(unsafe.Pointer(&mem[0]))
	head.size = uint64(unsafe.Sizeof(note{}))
	notes = unsafe.Slice((*note)(unsafe.Pointer(&mem[unsafe.Sizeof(header{})])), n)
	if err := os.WriteFile(path+".names", []byte(strings.Join(names, "\n")+"\n"), 0o600); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "checker:", err)
	os.Exit(1)
}

// goid reads the number from the first line of a stack dump: "goroutine 7 [".
func goid() uint64 {
	var buf [64]byte
	s := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	n, err := strconv.ParseUint(string(s[:bytes.IndexByte(s, ' ')]), 10, 64)
	if err != nil {
		fail(err)
	}
	return n
}

// walker is what one goroutine knows of itself: the notes of its live calls.
type walker struct {
	goid uint64
	live []uint32
}

func newWalker() *walker { return &walker{goid: goid()} }

// in notes a call, out its return.
func (w *walker) in(fn uint16) {
	i := atomic.AddUint64(&head.count, 1) - 1
	if i >= uint64(len(notes)) {
		fail(fmt.Errorf("the log has no room for more than %d calls", len(notes)))
	}
	notes[i] = note{goid: w.goid, depth: uint32(len(w.live)), fn: fn}
	w.live = append(w.live, uint32(i))
}

func (w *walker) out() {
	n := len(w.live) - 1
	notes[w.live[n]].left = returned
	w.live = w.live[:n]
}

// cut notes that a panic or Goexit removed what is above the n outermost calls.
func (w *walker) cut(n int) {
	for _, i := range w.live[n:] {
		notes[i].left = removed
	}
	w.live = w.live[:n]
}

func noted() int { return int(atomic.LoadUint64(&head.count)) }

// enough: that many calls were asked for.  at least one round is always made.
func enough() bool { return noted() >= calls }

// workers runs fn on n goroutines until each has returned.
func workers(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			fn(i)
		}(i)
	}
	wg.Wait()
}

func main() {
	situation := flag.String("situation", "", "which")
	path := flag.String("log", "", "file for the notes")
	flag.IntVar(&calls, "calls", 1000, "calls to make, at least about")
	flag.IntVar(&depth, "depth", 100000, "of recursion")
	flag.Parse()

	run := situations[*situation]
	if run == nil {
		fail(fmt.Errorf("no situation %q", *situation))
	}
	openLog(*path, 2*calls+1000000)
	run()
	fmt.Println("ok")
}
