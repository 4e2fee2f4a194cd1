// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

package main

import "unsafe"

func goidgen() *uint64
func withG(pc, gp uintptr)
func getg() uintptr
func callTail(n int) int
func callTailEnd(n int) int

// funcWord gives the place where a function's closure pointer lies.
func funcWord(f *func()) unsafe.Pointer { return unsafe.Pointer(f) }
