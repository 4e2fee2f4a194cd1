// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build cgo

package main

// static int twice(int x) { return 2 * x; }
import "C"

func init() {
	if C.twice(21) != 42 {
		panic("C")
	}
}
