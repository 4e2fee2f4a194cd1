// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

#include "textflag.h"

// func jump(n int) int
//
// It calls jumps, of which Go then makes no wrapper by the same name.
TEXT ·jump(SB), NOSPLIT, $16-16
	MOVQ n+0(FP), AX
	MOVQ AX, 0(SP)
	CALL jumps<>(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+8(FP)
	RET

// Its first instruction and its last are of the kinds that the kernel emulates.
TEXT jumps<>(SB), NOSPLIT|NOFRAME, $0-16
	PUSHQ BP
	MOVQ  SP, BP
	POPQ  BP
	JMP   landed<>(SB)

TEXT landed<>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ 8(SP), AX
	MOVQ AX, 16(SP)
	RET
