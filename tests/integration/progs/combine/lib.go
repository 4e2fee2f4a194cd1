// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

package main

import "C"

import "time"

// GoWork is one of four rounds: as a library for C (-buildmode=c-shared, progs/c/loads.c).
//
//export GoWork
func GoWork(n C.int) C.int {
	pause = 20 * time.Millisecond
	round(int(n))
	if n == 3 {
		say()
	}
	return n
}
