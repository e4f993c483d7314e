//go:build mirage

#include "go_asm.h"
#include "textflag.h"

// Privileged instructions and thread switches on arm64.

// func thisCPU() *vcpu
TEXT runtime·thisCPU(SB),NOSPLIT,$0-8
	MRS	TPIDR_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

// func irqDisable() irqFlags: whether they were on
TEXT runtime·irqDisable(SB),NOSPLIT,$0-8
	MRS	DAIF, R0
	MSR	$2, DAIFSet
	EOR	$const_daifIRQ, R0
	AND	$const_daifIRQ, R0
	MOVD	R0, ret+0(FP)
	RET

// func irqRestore(flags irqFlags)
TEXT runtime·irqRestore(SB),NOSPLIT,$0-8
	MOVD	flags+0(FP), R0
	CBZ	R0, off
	MSR	$2, DAIFClr
off:
	RET

TEXT runtime·irqEnable(SB),NOSPLIT,$0
	MSR	$15, DAIFClr
	RET

// WFI ends when an interrupt is pending, masked or not (DDI 0487, D1.7), so none is missed.
TEXT runtime·irqWaitAndEnable(SB),NOSPLIT,$0
	DSB	$15
	WFI
	MSR	$2, DAIFClr
	RET

TEXT runtime·waitForInterrupt(SB),NOSPLIT,$0
	WFI
	RET

TEXT runtime·cpuRelax(SB),NOSPLIT,$0
	YIELD
	RET

// func switchTo(from, to *thread)
TEXT runtime·switchTo(SB),NOSPLIT|NOFRAME,$0-16
	MOVD	8(RSP), R0
	MOVD	16(RSP), R1
	MRS	DAIF, R3
	MOVD	RSP, R2
	SUB	$switchFrame__size, R2
	STP	(R29, R30), switchFrame_fp(R2)
	STP	(g, R3), switchFrame_g(R2)
	MOVD	R2, thread_sp(R0)
	ADD	$thread_onCPU, R0
	STLRW	ZR, (R0)		// another CPU may take it from here
	MOVD	thread_sp(R1), R2
	B	runtime·switchIn(SB)

// func exitTo(from, to *thread)
TEXT runtime·exitTo(SB),NOSPLIT|NOFRAME,$0-16
	MOVD	8(RSP), R3
	MOVD	16(RSP), R0
	MOVD	thread_sp(R0), R2
	MOVD	R2, RSP
	ADD	$thread_onCPU, R3
	STLRW	ZR, (R3)		// another may have it with its stacks
	B	runtime·switchIn(SB)

// func onTrapStack(f func()). A trap meanwhile, which is a fault of f, has a stack of its own, as in a trap handler.
TEXT runtime·onTrapStack(SB),NOSPLIT,$16-8
	MOVD	f+0(FP), R26
	MOVBU	runtime·trapsReady(SB), R0
	CBZ	R0, there
	MRS	DAIF, R1
	MSR	$2, DAIFSet
	MRS	TPIDR_EL1, R2
	MOVD	vcpu_current(R2), R3
	ADD	$thread_trapg, R3, R4
	CMP	R4, g
	BEQ	there
	MOVD	(thread_trapStack+stack_hi)(R3), R3
	SUB	$48, R3
	MOVD	RSP, R5
	STP	(R5, g), 16(R3)
	MOVD	R1, 32(R3)
	MOVD	(vcpu_arch+cpuArch_faultTop)(R2), R5
	MSR	$1, SPSel
	MOVD	R5, RSP
	MSR	$0, SPSel
	MOVD	R3, RSP
	MOVD	R4, g
	MOVD	(R26), R0
	CALL	(R0)
	LDP	16(RSP), (R5, g)
	MOVD	32(RSP), R1
	MOVD	RSP, R3
	ADD	$48, R3
	MSR	$1, SPSel
	MOVD	R3, RSP
	MSR	$0, SPSel
	MOVD	R5, RSP
	RET	runtime·irqOn(SB)
there:
	MOVD	(R26), R0
	CALL	(R0)
	RET

// irqOn is how onTrapStack returns, with the interrupt state in R1: a traceback of an interrupt that comes at once goes on
// from here, and not from what has changed the stack pointer.
TEXT runtime·irqOn(SB),NOSPLIT|NOFRAME,$0-0
	MSR	R1, DAIF
	RET

// switchIn goes on with the thread whose switchFrame is at R2.
TEXT runtime·switchIn(SB),NOSPLIT|NOFRAME,$0
	LDP	switchFrame_fp(R2), (R29, R30)
	LDP	switchFrame_g(R2), (g, R3)
	ADD	$switchFrame__size, R2
	MOVD	R2, RSP
	MSR	R3, DAIF
	RET

TEXT runtime·threadEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MSR	$2, DAIFClr
	BL	runtime·mstart(SB)
	BL	runtime·threadExit(SB)
	BL	runtime·abort(SB)
	RET

TEXT runtime·idleEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	BL	runtime·idleLoop(SB)
	BL	runtime·abort(SB)
	RET

// func loadVectors(vectors uintptr, c *vcpu)
TEXT runtime·loadVectors(SB),NOSPLIT,$0-16
	MOVD	vectors+0(FP), R0
	MSR	R0, VBAR_EL1
	MOVD	c+8(FP), R0
	MSR	R0, TPIDR_EL1
	ISB	$15
	RET

// func setTrapStack(top uintptr): SP_EL1. Interrupts are off.
TEXT runtime·setTrapStack(SB),NOSPLIT|NOFRAME,$0-8
	MOVD	8(RSP), R0
	MSR	$1, SPSel
	MOVD	R0, RSP
	MSR	$0, SPSel
	RET

// func counterRead() uint64: CNTVCT_EL0, not earlier than what stands before (DDI 0487, D12.2.1).
TEXT runtime·counterRead(SB),NOSPLIT,$0-8
	ISB	$15
	MRS	CNTVCT_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

// func counterHz() uint64
TEXT runtime·counterHz(SB),NOSPLIT,$0-8
	MRS	CNTFRQ_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

// func timerCompare(at uint64)
TEXT runtime·timerCompare(SB),NOSPLIT,$0-8
	MOVD	at+0(FP), R0
	MSR	R0, CNTV_CVAL_EL0
	MOVD	$1, R0			// ENABLE
	MSR	R0, CNTV_CTL_EL0
	ISB	$15
	RET

TEXT runtime·timerOff(SB),NOSPLIT,$0
	MSR	ZR, CNTV_CTL_EL0
	ISB	$15
	RET

TEXT runtime·syncStores(SB),NOSPLIT,$0
	DSB	$10			// ISHST
	ISB	$15
	RET

// func cacheFlush(p, n uintptr)
TEXT runtime·cacheFlush(SB),NOSPLIT,$16-16
	MOVD	p+0(FP), R0
	MOVD	n+8(FP), R1
	ADD	R0, R1
	CALL	runtime·cacheClean(SB)
	RET

// func sendEvent(): to CPUs that wait by WFE for what was written before
TEXT runtime·sendEvent(SB),NOSPLIT,$0
	DSB	$15
	SEV
	RET

TEXT runtime·tlbFlush(SB),NOSPLIT,$0
	DSB	$10
	TLBI	VMALLE1IS
	DSB	$11			// ISH
	ISB	$15
	RET

// func tlbFlushPage(page uintptr), between tableSync and tlbWait
TEXT runtime·tlbFlushPage(SB),NOSPLIT,$0-8
	MOVD	page+0(FP), R0
	TLBI	VAAE1IS, R0
	RET

TEXT runtime·tlbWait(SB),NOSPLIT,$0
	DSB	$11
	ISB	$15
	RET

TEXT runtime·readTTBR0(SB),NOSPLIT,$0-8
	MRS	TTBR0_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT runtime·writeTTBR0(SB),NOSPLIT,$0-8
	MOVD	v+0(FP), R0
	MSR	R0, TTBR0_EL1
	ISB	$15
	RET

// func setSCTLR(bits uintptr)
TEXT runtime·setSCTLR(SB),NOSPLIT,$0-8
	MOVD	bits+0(FP), R1
	MRS	SCTLR_EL1, R0
	ORR	R1, R0
	MSR	R0, SCTLR_EL1
	ISB	$15
	RET

TEXT runtime·readISAR0(SB),NOSPLIT,$0-8
	MRS	ID_AA64ISAR0_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT runtime·readPFR0(SB),NOSPLIT,$0-8
	MRS	ID_AA64PFR0_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT runtime·readMPIDR(SB),NOSPLIT,$0-8
	MRS	MPIDR_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

// func hwRandom() (v uint64, ok bool): RNDR, once; it clears Z when it has a number.
TEXT runtime·hwRandom(SB),NOSPLIT,$0-9
	MRS	RNDR, R0
	CSET	NE, R1
	MOVD	R0, v+0(FP)
	MOVB	R1, ok+8(FP)
	RET

// func hvc(function, a1, a2, a3 uintptr) int32
TEXT runtime·hvc(SB),NOSPLIT,$0-36
	MOVD	function+0(FP), R0
	MOVD	a1+8(FP), R1
	MOVD	a2+16(FP), R2
	MOVD	a3+24(FP), R3
	HVC	$0
	MOVW	R0, ret+32(FP)
	RET

// func hypercall(op, command uintptr, arg unsafe.Pointer, n uintptr) int
// Xen, xen/include/public/arch-arm.h: the number is in X16, and the instruction has a tag.
TEXT runtime·hypercall(SB),NOSPLIT,$0-40
	MOVD	op+0(FP), R16
	MOVD	command+8(FP), R0
	MOVD	arg+16(FP), R1
	MOVD	n+24(FP), R2
	HVC	$0xea1
	MOVD	R0, ret+32(FP)
	RET

// func smc(function, a1, a2, a3 uintptr) int32
TEXT runtime·smc(SB),NOSPLIT,$0-36
	MOVD	function+0(FP), R0
	MOVD	a1+8(FP), R1
	MOVD	a2+16(FP), R2
	MOVD	a3+24(FP), R3
	SMC	$0
	MOVW	R0, ret+32(FP)
	RET

// func semihostExit(block *[2]uintptr)
TEXT runtime·semihostExit(SB),NOSPLIT|NOFRAME,$0-8
	MOVD	8(RSP), R1
	MOVD	$0x20, R0		// SYS_EXIT_EXTENDED
	B	runtime·semihostCall(SB)

// semihostCall begins with the instruction that trap knows.
TEXT runtime·semihostCall(SB),NOSPLIT|NOFRAME,$0
	HLT	$0xf000
	RET

// cpuEntry is where another CPU's idle thread begins.
TEXT runtime·cpuEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	BL	runtime·startCPU(SB)
	BL	runtime·abort(SB)
	RET

// The GICv3's CPU interface.

TEXT runtime·gicEnableCPU(SB),NOSPLIT,$0
	MRS	ICC_SRE_EL1, R0
	ORR	$1, R0			// by system registers
	MSR	R0, ICC_SRE_EL1
	ISB	$15
	MOVD	$0xff, R0
	MSR	R0, ICC_PMR_EL1		// all priorities
	MSR	ZR, ICC_BPR1_EL1
	MSR	ZR, ICC_CTLR_EL1	// EOIR ends an interrupt whole
	MOVD	$1, R0
	MSR	R0, ICC_IGRPEN1_EL1
	ISB	$15
	RET

// func gicAcknowledge() uint32
TEXT runtime·gicAcknowledge(SB),NOSPLIT,$0-4
	MRS	ICC_IAR1_EL1, R0
	DSB	$15
	MOVW	R0, ret+0(FP)
	RET

// func gicEnd(id uint32)
TEXT runtime·gicEnd(SB),NOSPLIT,$0-4
	MOVWU	id+0(FP), R0
	MSR	R0, ICC_EOIR1_EL1
	ISB	$15
	RET

// func gicSend(command uint64): ICC_SGI1R_EL1, after what was written before
TEXT runtime·gicSend(SB),NOSPLIT,$0-8
	MOVD	command+0(FP), R0
	DSB	$10			// ISHST
	MSR	R0, ICC_SGI1R_EL1
	ISB	$15
	RET

// func readMIDR() uint64
TEXT runtime·readMIDR(SB),NOSPLIT,$0-8
	MRS	MIDR_EL1, R0
	MOVD	R0, ret+0(FP)
	RET

TEXT runtime·sigfwd(SB),NOSPLIT,$0-32
	BRK
	RET
