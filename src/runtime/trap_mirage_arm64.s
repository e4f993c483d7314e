//go:build mirage

#include "go_asm.h"
#include "funcdata.h"
#include "textflag.h"

// Traps on arm64. Each lands on the trap stack of the thread that runs (cpu_mirage_arm64.go, enter), saves all of its
// registers there as a trapFrame with the floating-point state behind it, and calls trap as the thread's trapg.

// The 16 vectors of 128 bytes: DDI 0487, D1.3.1.5. The first instruction, SUB $trapSize, RSP, is written out so that the
// assembler does not count trap stacks as the stack of a goroutine.
#define VECTOR(n) \
	WORD	$0xd10d03ff; \
	STP	(R0, R1), (trapFrame_x+0*8)(RSP); \
	MOVD	$n, R0; \
	B	runtime·trapCommon(SB); \
	PCALIGN	$128

TEXT runtime·trapVectors(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	PCALIGN	$2048
	VECTOR(0)
	VECTOR(1)
	VECTOR(2)
	VECTOR(3)
	VECTOR(4)
	VECTOR(5)
	VECTOR(6)
	VECTOR(7)
	VECTOR(8)
	VECTOR(9)
	VECTOR(10)
	VECTOR(11)
	VECTOR(12)
	VECTOR(13)
	VECTOR(14)
	VECTOR(15)

// trapCommon saves the rest; R0 is the vector's number, RSP, which is SP_EL1, the trapFrame.
TEXT runtime·trapCommon(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	STP	(R2, R3), (trapFrame_x+2*8)(RSP)
	STP	(R4, R5), (trapFrame_x+4*8)(RSP)
	STP	(R6, R7), (trapFrame_x+6*8)(RSP)
	STP	(R8, R9), (trapFrame_x+8*8)(RSP)
	STP	(R10, R11), (trapFrame_x+10*8)(RSP)
	STP	(R12, R13), (trapFrame_x+12*8)(RSP)
	STP	(R14, R15), (trapFrame_x+14*8)(RSP)
	STP	(R16, R17), (trapFrame_x+16*8)(RSP)
	STP	(R18_PLATFORM, R19), (trapFrame_x+18*8)(RSP)
	STP	(R20, R21), (trapFrame_x+20*8)(RSP)
	STP	(R22, R23), (trapFrame_x+22*8)(RSP)
	STP	(R24, R25), (trapFrame_x+24*8)(RSP)
	STP	(R26, R27), (trapFrame_x+26*8)(RSP)
	STP	(g, R29), (trapFrame_x+28*8)(RSP)
	MRS	SP_EL0, R1
	STP	(R30, R1), (trapFrame_x+30*8)(RSP)	// and trapFrame_sp
	MRS	ELR_EL1, R1
	MRS	SPSR_EL1, R2
	STP	(R1, R2), trapFrame_pc(RSP)		// and trapFrame_pstate
	MRS	ESR_EL1, R1
	MRS	FAR_EL1, R2
	STP	(R1, R2), trapFrame_esr(RSP)		// and trapFrame_far
	MOVD	RSP, R19
	ADD	$trapFrame__size, R19, R1
	STP	(R1, R0), trapFrame_fp(R19)		// and trapFrame_vec
	FSTPQ	(F0, F1), (0*16)(R1)
	FSTPQ	(F2, F3), (2*16)(R1)
	FSTPQ	(F4, F5), (4*16)(R1)
	FSTPQ	(F6, F7), (6*16)(R1)
	FSTPQ	(F8, F9), (8*16)(R1)
	FSTPQ	(F10, F11), (10*16)(R1)
	FSTPQ	(F12, F13), (12*16)(R1)
	FSTPQ	(F14, F15), (14*16)(R1)
	FSTPQ	(F16, F17), (16*16)(R1)
	FSTPQ	(F18, F19), (18*16)(R1)
	FSTPQ	(F20, F21), (20*16)(R1)
	FSTPQ	(F22, F23), (22*16)(R1)
	FSTPQ	(F24, F25), (24*16)(R1)
	FSTPQ	(F26, F27), (26*16)(R1)
	FSTPQ	(F28, F29), (28*16)(R1)
	FSTPQ	(F30, F31), (30*16)(R1)
	MRS	FPSR, R2
	MRS	FPCR, R3
	MOVD	R2, (32*16)(R1)
	MOVD	R3, (32*16+8)(R1)

	// Go on on SP_EL0; a trap in this one has a stack of its own.
	MRS	TPIDR_EL1, R20
	MOVD	(vcpu_arch+cpuArch_faultTop)(R20), R1
	MOVD	R1, RSP
	MSR	$0, SPSel
	SUB	$32, R19, R1		// trap may spill its argument into its caller's frame
	MOVD	R1, RSP
	MOVD	vcpu_current(R20), R1
	ADD	$thread_trapg, R1, g
	MOVD	ZR, R29
	MOVD	R19, 24(RSP)
	MOVD	R19, R0
	CALL	runtime·trap<ABIInternal>(SB)
	MOVD	24(RSP), R20
	B	runtime·trapReturn(SB)

// trapReturn goes on with the trapFrame at R20. Interrupts are off. The next trap lands on the running thread's trap stack.
TEXT runtime·trapReturn(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MRS	TPIDR_EL1, R0
	MOVD	vcpu_current(R0), R0
	MOVD	(thread_trapStack+stack_hi)(R0), R0
	MSR	$1, SPSel
	MOVD	R0, RSP
	MSR	$0, SPSel
	MOVD	trapFrame_fp(R20), R1
	FLDPQ	(0*16)(R1), (F0, F1)
	FLDPQ	(2*16)(R1), (F2, F3)
	FLDPQ	(4*16)(R1), (F4, F5)
	FLDPQ	(6*16)(R1), (F6, F7)
	FLDPQ	(8*16)(R1), (F8, F9)
	FLDPQ	(10*16)(R1), (F10, F11)
	FLDPQ	(12*16)(R1), (F12, F13)
	FLDPQ	(14*16)(R1), (F14, F15)
	FLDPQ	(16*16)(R1), (F16, F17)
	FLDPQ	(18*16)(R1), (F18, F19)
	FLDPQ	(20*16)(R1), (F20, F21)
	FLDPQ	(22*16)(R1), (F22, F23)
	FLDPQ	(24*16)(R1), (F24, F25)
	FLDPQ	(26*16)(R1), (F26, F27)
	FLDPQ	(28*16)(R1), (F28, F29)
	FLDPQ	(30*16)(R1), (F30, F31)
	MOVD	(32*16)(R1), R2
	MOVD	(32*16+8)(R1), R3
	MSR	R2, FPSR
	MSR	R3, FPCR
	LDP	trapFrame_pc(R20), (R1, R2)
	MSR	R1, ELR_EL1
	MSR	R2, SPSR_EL1
	LDP	(trapFrame_x+30*8)(R20), (R30, R1)
	MOVD	R1, RSP
	LDP	(trapFrame_x+2*8)(R20), (R2, R3)
	LDP	(trapFrame_x+4*8)(R20), (R4, R5)
	LDP	(trapFrame_x+6*8)(R20), (R6, R7)
	LDP	(trapFrame_x+8*8)(R20), (R8, R9)
	LDP	(trapFrame_x+10*8)(R20), (R10, R11)
	LDP	(trapFrame_x+12*8)(R20), (R12, R13)
	LDP	(trapFrame_x+14*8)(R20), (R14, R15)
	LDP	(trapFrame_x+16*8)(R20), (R16, R17)
	LDP	(trapFrame_x+18*8)(R20), (R18_PLATFORM, R19)
	LDP	(trapFrame_x+22*8)(R20), (R22, R23)
	LDP	(trapFrame_x+24*8)(R20), (R24, R25)
	LDP	(trapFrame_x+26*8)(R20), (R26, R27)
	LDP	(trapFrame_x+28*8)(R20), (g, R29)
	MOVD	R20, R0
	LDP	(trapFrame_x+20*8)(R0), (R20, R21)
	MOVD	(trapFrame_x+1*8)(R0), R1
	MOVD	(trapFrame_x+0*8)(R0), R0
	ERET

// sigtramp runs on the signal stack; RSP is at the signalFrame. Interrupts are on.
TEXT runtime·sigtramp(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	RSP, R3
	SUB	$64, R3, R4
	MOVD	R4, RSP
	MOVD	R3, 48(RSP)
	MOVWU	signalFrame_sig(R3), R0
	ADD	$signalFrame_info, R3, R1
	ADD	$signalFrame_trap, R3, R2	// context
	CALL	runtime·sigtrampgo<ABIInternal>(SB)
	MSR	$2, DAIFSet
	CALL	runtime·signalDone(SB)
	MOVD	48(RSP), R3
	ADD	$signalFrame_trap, R3, R20
	B	runtime·trapReturn(SB)

// syscallInstruction goes on for an SVC in assembly that is not ours, on the goroutine's stack and as if that had called
// it; R0 is the syscallRecord that keeps its registers.
TEXT runtime·syscallInstruction(SB),NOSPLIT,$32-0
	NO_LOCAL_POINTERS
	CALL	runtime·syscallTrap<ABIInternal>(SB)
	ADD	$syscallRecord_trap, R0, R20
	B	runtime·trapReturn(SB)
