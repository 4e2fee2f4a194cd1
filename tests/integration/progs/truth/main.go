// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program truth writes its own call log, which tests compare with gft's trees:
// one line per call of a traced function, in order of its goroutine,
//
//	GOID SEQUENCE DEPTH FUNCTION
//
// to the file named by -log.  The calls are random but repeatable (-seed).
package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"strconv"
	"sync"
)

// goid reads the number from the first line of a stack dump: "goroutine 7 [".
func goid() int {
	var buf [64]byte
	s := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	n, err := strconv.Atoi(string(s[:bytes.IndexByte(s, ' ')]))
	if err != nil {
		panic(err)
	}
	return n
}

// walker is one goroutine's log and source of choices.
type walker struct {
	id, seq int
	rnd     *rand.Rand
	log     bytes.Buffer
}

// note is no traced function: it must not appear in the trees.
func (w *walker) note(depth int, name string) {
	fmt.Fprintf(&w.log, "%d %d %d %s\n", w.id, w.seq, depth, name)
	w.seq++
}

//go:noinline
func stepA(w *walker, depth int) {
	w.note(depth, "main.stepA")
	descend(w, depth)
}

//go:noinline
func stepB(w *walker, depth int) {
	w.note(depth, "main.stepB")
	descend(w, depth)
	if w.rnd.Intn(4) == 0 {
		runtime.Gosched()
	}
}

//go:noinline
func stepC(w *walker, depth int) {
	w.note(depth, "main.stepC")
}

// descend picks what to call next; always inlined or not, it is not traced.
func descend(w *walker, depth int) {
	if depth >= 12 {
		return
	}
	for n := w.rnd.Intn(3); n > 0; n-- {
		switch w.rnd.Intn(3) {
		case 0:
			stepA(w, depth+1)
		case 1:
			stepB(w, depth+1)
		default:
			stepC(w, depth+1)
		}
	}
}

//go:noinline
func stepRoot(w *walker) {
	w.note(0, "main.stepRoot")
	for i := 0; i < 3; i++ {
		descend(w, 0)
	}
}

func main() {
	n := flag.Int("goroutines", 8, "goroutines at once")
	rounds := flag.Int("rounds", 10, "trees of each")
	seed := flag.Int64("seed", 1, "of the random choices")
	path := flag.String("log", "", "file for the call log")
	flag.Parse()

	walkers := make([]*walker, *n)
	var wg sync.WaitGroup
	for i := range walkers {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			w := &walker{id: goid(), rnd: rand.New(rand.NewSource(*seed + int64(i)))}
			walkers[i] = w
			for j := 0; j < *rounds; j++ {
				stepRoot(w)
			}
		}(i)
	}
	wg.Wait()
	if *path != "" {
		var all bytes.Buffer
		for _, w := range walkers {
			all.Write(w.log.Bytes())
		}
		if err := os.WriteFile(*path, all.Bytes(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "truth:", err)
			os.Exit(1)
		}
	}
	fmt.Println("ok")
}
