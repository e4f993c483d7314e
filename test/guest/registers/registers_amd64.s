#include "textflag.h"

// func cr0() uint64
TEXT ·cr0(SB),NOSPLIT,$0-8
	MOVQ CR0, AX
	MOVQ AX, ret+0(FP)
	RET

// func efer() uint64
TEXT ·efer(SB),NOSPLIT,$0-8
	MOVL $0xc0000080, CX
	RDMSR
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func cpuid7() (ebx, ecx uint64)
TEXT ·cpuid7(SB),NOSPLIT,$0-16
	XORL AX, AX
	CPUID
	XORL BX, BX
	XORL CX, CX
	CMPL AX, $7
	JLT  none
	MOVL $7, AX
	CPUID
none:
	MOVQ BX, ebx+0(FP)
	MOVQ CX, ecx+8(FP)
	RET

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
