// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Gocallsc calls C.
package main

/*
static __attribute__((noinline, noclone)) int inner(int n) { __asm__ volatile(""); return n + 1; }
__attribute__((noinline)) int compute(int n, const char *t) { __asm__ volatile("" : : "r"(t)); return inner(n) * 2 + t[0]; }
*/
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

//go:noinline
func call(n int) int {
	b := []byte("A\x00")
	return int(C.compute(C.int(n), (*C.char)(unsafe.Pointer(&b[0]))))
}

func main() {
	for i := 0; i < 3; i++ {
		fmt.Fprintln(os.Stderr, call(i))
	}
}
