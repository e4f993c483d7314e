//go:build mirage

#include "textflag.h"

// Device memory is mapped uncached: the processor does those accesses in program order, with earlier stores to
// memory before and later loads after them (Intel SDM volume 3, "Memory Ordering in P6 and More Recent Processor
// Families" and "Methods of Caching Available"). No fence is needed.

TEXT ·load8(SB), NOSPLIT, $0-9
	MOVQ	addr+0(FP), AX
	MOVBLZX	(AX), AX
	MOVB	AX, ret+8(FP)
	RET

TEXT ·load16(SB), NOSPLIT, $0-10
	MOVQ	addr+0(FP), AX
	MOVWLZX	(AX), AX
	MOVW	AX, ret+8(FP)
	RET

TEXT ·load32(SB), NOSPLIT, $0-12
	MOVQ	addr+0(FP), AX
	MOVL	(AX), AX
	MOVL	AX, ret+8(FP)
	RET

TEXT ·store8(SB), NOSPLIT, $0-9
	MOVQ	addr+0(FP), AX
	MOVB	v+8(FP), CX
	MOVB	CX, (AX)
	RET

TEXT ·store16(SB), NOSPLIT, $0-10
	MOVQ	addr+0(FP), AX
	MOVW	v+8(FP), CX
	MOVW	CX, (AX)
	RET

TEXT ·store32(SB), NOSPLIT, $0-12
	MOVQ	addr+0(FP), AX
	MOVL	v+8(FP), CX
	MOVL	CX, (AX)
	RET
