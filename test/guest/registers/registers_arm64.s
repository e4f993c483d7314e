#include "textflag.h"

// func ttbr0() uint64
TEXT ·ttbr0(SB),NOSPLIT,$0-8
	MRS TTBR0_EL1, R0
	MOVD R0, ret+0(FP)
	RET

// func ttbr1() uint64
TEXT ·ttbr1(SB),NOSPLIT,$0-8
	MRS TTBR1_EL1, R0
	MOVD R0, ret+0(FP)
	RET

// func tcr() uint64
TEXT ·tcr(SB),NOSPLIT,$0-8
	MRS TCR_EL1, R0
	MOVD R0, ret+0(FP)
	RET
