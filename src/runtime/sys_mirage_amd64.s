//go:build mirage

#include "go_asm.h"
#include "go_tls.h"
#include "textflag.h"

// Privileged instructions and thread switches on amd64. Where the CPU is not ours to command, in a guest of Xen's kind PV,
// functions here are made to jump to others at boot: pv_mirage_amd64.s.

// settls(DI = &m.tls): g is in the word before FS.
TEXT runtime·settls(SB),NOSPLIT,$0
	ADDQ	$8, DI
	MOVQ	DI, AX
	JMP	runtime·setFSBase(SB)

// setFSBase makes AX the base of FS. It changes AX, CX, DX, DI, SI and R11 at most.
TEXT runtime·setFSBase(SB),NOSPLIT|NOFRAME,$0
	MOVQ	AX, DX
	SHRQ	$32, DX
	MOVL	$0xc0000100, CX		// IA32_FS_BASE
	WRMSR
	RET

// func thisCPU() *cpu
TEXT runtime·thisCPU(SB),NOSPLIT,$0-8
	MOVQ	0(GS), AX		// cpu.self
	MOVQ	AX, ret+0(FP)
	RET

// func irqDisable() irqFlags
TEXT runtime·irqDisable(SB),NOSPLIT,$0-8
	PUSHFQ
	POPQ	AX
	CLI
	MOVQ	AX, ret+0(FP)
	RET

// func irqRestore(flags irqFlags)
TEXT runtime·irqRestore(SB),NOSPLIT,$0-8
	MOVQ	flags+0(FP), AX
	TESTL	$0x200, AX
	JEQ	off
	STI
off:
	RET

TEXT runtime·irqEnable(SB),NOSPLIT,$0
	STI
	RET

// STI takes effect after the next instruction, so no interrupt comes between the two (Intel SDM volume 2, STI).
TEXT runtime·irqWaitAndEnable(SB),NOSPLIT,$0
	STI
	HLT
	RET

TEXT runtime·haltForever(SB),NOSPLIT,$0
	CLI
	HLT
	RET

TEXT runtime·cpuRelax(SB),NOSPLIT,$0
	PAUSE
	RET

// A fault with no handler for it resets the CPU (Intel SDM volume 3, 6.15, double fault).
TEXT runtime·resetCPU(SB),NOSPLIT,$16
	MOVQ	$0, 0(SP)
	MOVQ	$0, 8(SP)
	LIDT	(SP)
	INT	$3
	RET

// func switchTo(from, to *thread)
TEXT runtime·switchTo(SB),NOSPLIT|NOFRAME,$0-16
	MOVQ	8(SP), SI
	MOVQ	16(SP), DI
	PUSHQ	BP
	PUSHFQ
	MOVQ	SP, thread_sp(SI)
	MOVL	$0, thread_onCPU(SI)	// another CPU may take it from here
	MOVQ	thread_sp(DI), SP
	MOVQ	thread_tls(DI), AX
	CALL	runtime·setFSBase(SB)
	POPFQ
	POPQ	BP
	RET

// func exitTo(from, to *thread)
TEXT runtime·exitTo(SB),NOSPLIT|NOFRAME,$0-16
	MOVQ	8(SP), BX
	MOVQ	16(SP), DI
	MOVQ	thread_sp(DI), SP
	MOVL	$0, thread_onCPU(BX)	// another may have it with its stacks
	MOVQ	thread_tls(DI), AX
	CALL	runtime·setFSBase(SB)
	BYTE	$0x9d			// POPFQ
	BYTE	$0x5d			// POPQ BP: the assembler counts pushes on this stack, not on that one
	RET

TEXT runtime·threadEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	SUBQ	$8, SP
	CALL	runtime·irqOn(SB)
	CALL	runtime·mstart(SB)
	CALL	runtime·threadExit(SB)
	CALL	runtime·abort(SB)
	RET

TEXT runtime·idleEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	SUBQ	$8, SP
	CALL	runtime·idleLoop(SB)
	CALL	runtime·abort(SB)
	RET

// func loadTables(gdtr, idtr unsafe.Pointer, task uintptr)
TEXT runtime·loadTables(SB),NOSPLIT,$0-24
	MOVQ	gdtr+0(FP), AX
	LGDT	(AX)
	MOVQ	idtr+8(FP), AX
	LIDT	(AX)
	MOVQ	task+16(FP), AX
	BYTE $0x0f; BYTE $0x00; BYTE $0xd8	// LTR AX
	RET

// func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
TEXT runtime·cpuid(SB),NOSPLIT,$0-24
	MOVL	leaf+0(FP), AX
	MOVL	sub+4(FP), CX
	CPUID
	MOVL	AX, eax+8(FP)
	MOVL	BX, ebx+12(FP)
	MOVL	CX, ecx+16(FP)
	MOVL	DX, edx+20(FP)
	RET

// func wrmsr(msr uint32, v uintptr)
TEXT runtime·wrmsr(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	MOVQ	v+8(FP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	WRMSR
	RET

// func rdmsr(msr uint32) uintptr
TEXT runtime·rdmsr(SB),NOSPLIT,$0-16
	MOVL	msr+0(FP), CX
	RDMSR
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+8(FP)
	RET

TEXT runtime·writeCR3(SB),NOSPLIT,$0-8
	MOVQ	v+0(FP), AX
	MOVQ	AX, CR3
	RET

TEXT runtime·readCR3(SB),NOSPLIT,$0-8
	MOVQ	CR3, AX
	MOVQ	AX, ret+0(FP)
	RET

TEXT runtime·readCR4(SB),NOSPLIT,$0-8
	MOVQ	CR4, AX
	MOVQ	AX, ret+0(FP)
	RET

// func setCR4(bits uintptr)
TEXT runtime·setCR4(SB),NOSPLIT,$0-8
	MOVQ	CR4, AX
	ORQ	bits+0(FP), AX
	MOVQ	AX, CR4
	RET

TEXT runtime·readCR2(SB),NOSPLIT,$0-8
	MOVQ	CR2, AX
	MOVQ	AX, ret+0(FP)
	RET

// func xsetbv(reg uint32, v uintptr)
TEXT runtime·xsetbv(SB),NOSPLIT,$0-16
	MOVL	reg+0(FP), CX
	MOVQ	v+8(FP), AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	BYTE $0x0f; BYTE $0x01; BYTE $0xd1	// XSETBV
	RET

TEXT runtime·invlpg(SB),NOSPLIT,$0-8
	MOVQ	va+0(FP), AX
	INVLPG	(AX)
	RET

// func hypercall(op, command uintptr, arg unsafe.Pointer, n uintptr) int
// Xen, xen/include/public/arch-x86/xen-x86_64.h; it may change the registers of arguments.
TEXT runtime·hypercall(SB),NOSPLIT,$0-40
	MOVQ	op+0(FP), AX
	MOVQ	command+8(FP), DI
	MOVQ	arg+16(FP), SI
	MOVQ	n+24(FP), DX
	CMPB	runtime·xenAMD(SB), $0
	JEQ	intel
	BYTE $0x0f; BYTE $0x01; BYTE $0xd9	// VMMCALL
	JMP	called
intel:
	BYTE $0x0f; BYTE $0x01; BYTE $0xc1	// VMCALL
called:
	MOVQ	AX, ret+32(FP)
	RET

TEXT runtime·inb(SB),NOSPLIT,$0-9
	MOVW	port+0(FP), DX
	INB
	MOVB	AX, ret+8(FP)
	RET

TEXT runtime·outb(SB),NOSPLIT,$0-3
	MOVW	port+0(FP), DX
	MOVB	v+2(FP), AX
	OUTB
	RET

TEXT runtime·outl(SB),NOSPLIT,$0-8
	MOVW	port+0(FP), DX
	MOVL	v+4(FP), AX
	OUTL
	RET

// func hwRandom(seed bool) (v uint64, ok bool): RDSEED or RDRAND, once.
TEXT runtime·hwRandom(SB),NOSPLIT,$0-17
	MOVB	seed+0(FP), AX
	TESTB	AX, AX
	JEQ	rand
	BYTE $0x48; BYTE $0x0f; BYTE $0xc7; BYTE $0xf8	// RDSEED AX
	JMP	done
rand:
	BYTE $0x48; BYTE $0x0f; BYTE $0xc7; BYTE $0xf0	// RDRAND AX
done:
	SETCS	ok+16(FP)
	MOVQ	AX, v+8(FP)
	RET

TEXT runtime·sigfwd(SB),NOSPLIT,$0-32
	INT	$3
	RET

// See smp_mirage_amd64.go.
TEXT runtime·cpuEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	XORL	AX, AX
	MOVW	AX, FS
	MOVW	AX, GS
	MOVQ	DI, BX
	MOVQ	vcpu_idle(BX), SI
	MOVQ	thread_tls(SI), AX
	CALL	runtime·setFSBase(SB)
	MOVQ	BX, AX
	MOVQ	AX, DX
	SHRQ	$32, DX
	MOVL	$0xc0000101, CX		// IA32_GS_BASE
	WRMSR
	XORL	BP, BP
	SUBQ	$32, SP
	MOVQ	BX, 0(SP)
	CALL	runtime·startCPU(SB)
	CALL	runtime·abort(SB)
	RET

// irqOn is how onTrapStack returns: a traceback of an interrupt that comes at once goes on from here, and not from what
// has changed the stack pointer. It changes AX, CX, DI, SI and R11 at most.
TEXT runtime·irqOn(SB),NOSPLIT|NOFRAME,$0-0
	STI
	RET

// irqOff turns interrupts off. What irqRestore needs is in R8.
TEXT runtime·irqOff(SB),NOSPLIT|NOFRAME,$0-0
	PUSHFQ
	POPQ	R8
	CLI
	RET

// func onTrapStack(f func())
TEXT runtime·onTrapStack(SB),NOSPLIT,$0-8
	MOVQ	f+0(FP), DX
	CMPB	runtime·trapsReady(SB), $0
	JEQ	there
	CALL	runtime·irqOff(SB)
	MOVQ	8(GS), R12		// vcpu.current
	get_tls(R9)
	MOVQ	g(R9), R13
	LEAQ	thread_trapg(R12), R14
	CMPQ	R13, R14
	JEQ	there
	MOVQ	SP, R10
	MOVQ	(thread_trapStack+stack_hi)(R12), SP
	SUBQ	$32, SP
	MOVQ	R10, 0(SP)
	MOVQ	R13, 8(SP)
	MOVQ	R8, 16(SP)
	MOVQ	R14, g(R9)
	XORPS	X15, X15
	MOVQ	0(DX), AX
	CALL	AX
	MOVQ	8(SP), R13
	MOVQ	16(SP), R8
	MOVQ	0(SP), SP
	get_tls(R9)
	MOVQ	R13, g(R9)
	TESTL	$0x200, R8
	JEQ	off
	RET	runtime·irqOn(SB)
off:
	RET
there:
	get_tls(R9)
	MOVQ	g(R9), R14
	XORPS	X15, X15
	MOVQ	0(DX), AX
	CALL	AX
	RET
