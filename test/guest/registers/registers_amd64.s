#include "textflag.h"

// func cr3() uint64
TEXT ·cr3(SB),NOSPLIT,$0-8
	MOVQ CR3, AX
	MOVQ AX, ret+0(FP)
	RET

// func cr4() uint64
TEXT ·cr4(SB),NOSPLIT,$0-8
	MOVQ CR4, AX
	MOVQ AX, ret+0(FP)
	RET
