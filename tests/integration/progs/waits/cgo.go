// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

package main

/*
#include <unistd.h>

extern void waitsBack(void);

static void nap(int us) { usleep(us); }
static void callBack(void) { waitsBack(); }
*/
import "C"

import "time"

// Only where the program is linked with C: a wait in C, and one of Go that C called.
func init() { withC = naps }

//export waitsBack
func waitsBack() { back() }

//go:noinline
func back() { time.Sleep(pause) }

//go:noinline
func naps() {
	C.nap(C.int(pause.Microseconds()))
	C.callBack()
}
