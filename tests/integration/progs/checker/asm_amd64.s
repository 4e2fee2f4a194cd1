// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

#include "textflag.h"

// func goidgen() *uint64: the first field of runtime.sched, from which ids of goroutines are taken.
TEXT ·goidgen(SB), NOSPLIT, $0-8
	LEAQ	runtime·sched(SB), AX
	MOVQ	AX, ret+0(FP)
	RET

// func withG(pc, gp uintptr): calls code with another r14.
TEXT ·withG(SB), NOSPLIT, $8-16
	MOVQ	pc+0(FP), AX
	MOVQ	gp+8(FP), CX
	MOVQ	R14, 0(SP)
	MOVQ	CX, R14
	CALL	AX
	MOVQ	0(SP), R14
	RET

// func getg() uintptr
TEXT ·getg(SB), NOSPLIT, $0-8
	MOVQ	(TLS), AX
	MOVQ	AX, ret+0(FP)
	RET

// func callTail(n int) int: leaves by a jump.
TEXT ·callTail(SB), NOSPLIT, $0-16
	MOVQ	n+0(FP), AX
	JMP	·callTailEnd(SB)

TEXT ·callTailEnd(SB), NOSPLIT, $0-16
	ADDQ	$1, AX
	MOVQ	AX, ret+8(FP)
	RET
