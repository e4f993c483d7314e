#include "textflag.h"

TEXT ·illegal(SB),NOSPLIT,$0
	WORD	$0	// UDF $0
	RET

// Division by zero is zero: DDI 0487, UDIV.
TEXT ·divide(SB),NOSPLIT,$0
	RET

// An atomic access that crosses 16 bytes: DDI 0487, B2.5.2.
TEXT ·misalign(SB),NOSPLIT,$0-8
	MOVD	p+0(FP), R0
	ADD	$13, R0
	LDAXR	(R0), R1
	RET
