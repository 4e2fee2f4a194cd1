// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

#include "textflag.h"

// func goidgen() *uint64: the first field of runtime.sched, from which ids of goroutines are taken.
TEXT ·goidgen(SB), NOSPLIT, $0-8
	LEAQ	runtime·sched(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func withoutG(pc uintptr): calls code with r14 pointing nowhere.
TEXT ·withoutG(SB), NOSPLIT, $8-8
	MOVQ	pc+0(FP), AX
	MOVQ	R14, 0(SP)
	MOVQ	$8, R14
	CALL	AX
	MOVQ	0(SP), R14
	RET

// func callTail(n int) int: leaves by a jump.
TEXT ·callTail(SB), NOSPLIT, $0-16
	MOVQ	n+0(FP), AX
	JMP	·callTailEnd(SB)

TEXT ·callTailEnd(SB), NOSPLIT, $0-16
	ADDQ	$1, AX
	MOVQ	AX, ret+8(FP)
	RET
