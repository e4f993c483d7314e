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

// func sctlr() uint64
TEXT ·sctlr(SB),NOSPLIT,$0-8
	MRS SCTLR_EL1, R0
	MOVD R0, ret+0(FP)
	RET

// func features() uint64
TEXT ·features(SB),NOSPLIT,$0-8
	MRS ID_AA64MMFR1_EL1, R0
	MOVD R0, ret+0(FP)
	RET

// func pan() uint64: PSTATE.PAN, 0 where the CPU has none
TEXT ·pan(SB),NOSPLIT,$0-8
	MRS ID_AA64MMFR1_EL1, R0
	UBFX $20, R0, $4, R0
	CBZ R0, none
	WORD $0xd5384260 // MRS PAN, R0
none:
	MOVD R0, ret+0(FP)
	RET
