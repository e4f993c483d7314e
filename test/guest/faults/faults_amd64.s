#include "textflag.h"

TEXT ·illegal(SB),NOSPLIT,$0
	UD2
	RET

TEXT ·divide(SB),NOSPLIT,$0
	XORL	CX, CX
	XORL	DX, DX
	MOVL	$1, AX
	DIVL	CX
	RET

// An aligned access is asked for and not given: a general-protection fault (Intel SDM volume 2, MOVAPS).
TEXT ·misalign(SB),NOSPLIT,$0-8
	MOVQ	p+0(FP), AX
	MOVAPS	1(AX), X0
	RET
