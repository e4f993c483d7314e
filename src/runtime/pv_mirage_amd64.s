//go:build mirage

#include "go_asm.h"
#include "go_tls.h"
#include "textflag.h"

// The first instructions in a guest of Xen's kind PV, and what such a guest does by other means than privileged
// instructions: see pv_mirage_amd64.go.

// What Xen and a CPU tell each other, relative to the CPU's vcpu: vcpu_info, xen/include/public/xen.h. Each access is one
// instruction, for between two a thread may come to another CPU.
#define PENDING	(vcpu_arch+cpuArch_info+0)(GS)
#define MASK	(vcpu_arch+cpuArch_info+1)(GS)
#define CR2INFO	(vcpu_arch+cpuArch_info+16)(GS)
#define SAVEDAX	(vcpu_arch+cpuArch_saved+0)(GS)
#define SAVEDCX	(vcpu_arch+cpuArch_saved+8)(GS)

// Hypercalls: xen/include/public/xen.h.
#define XENVERSION	17
#define IRET	23
#define SETSEGMENTBASE	25
#define SCHEDOP	29

// PV loaders enter here: Xen, xen/include/public/xen.h, start_info. SI holds the address of that.
TEXT runtime·pvEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	CLD
	MOVQ	SI, runtime·startInfo(SB)
	MOVB	$1, runtime·xenPV(SB)
	// Each function that commands the CPU becomes a jump to its other form. All of the image is writable as yet.
	LEAQ	pvForms<>(SB), SI
forms:
	MOVQ	0(SI), DI
	TESTQ	DI, DI
	JEQ	done
	MOVQ	8(SI), AX
	SUBQ	DI, AX
	SUBQ	$5, AX
	MOVB	$0xe9, 0(DI)		// JMP, relative to what follows
	MOVL	AX, 1(DI)
	ADDQ	$16, SI
	JMP	forms
done:
	LEAQ	runtime·pvHypercall(SB), DI
	MOVB	$0x05, 1(DI)
	MOVB	$1, runtime·pvEarly+(vcpu_arch+cpuArch_info+1)(SB)
	MOVL	$SETSEGMENTBASE, AX
	MOVL	$2, DI			// SEGBASE_GS_KERNEL
	LEAQ	runtime·pvEarly(SB), SI
	CALL	runtime·pvHypercall(SB)
	JMP	runtime·startGo(SB)

// pvForms are pairs of functions: the second one is the first one's form for PV.
#define FORM(n, f, g) DATA pvForms<>+(16*n)(SB)/8, $f(SB); DATA pvForms<>+(16*n+8)(SB)/8, $g(SB)
FORM(0, runtime·setFSBase, runtime·pvSetFSBase)
FORM(1, runtime·irqDisable, runtime·pvIrqDisable)
FORM(2, runtime·irqRestore, runtime·pvIrqRestore)
FORM(3, runtime·irqEnable, runtime·pvIrqOn)
FORM(4, runtime·irqOn, runtime·pvIrqOn)
FORM(5, runtime·irqOff, runtime·pvIrqOff)
FORM(6, runtime·irqWaitAndEnable, runtime·pvWait)
FORM(7, runtime·haltForever, runtime·pvCrash)
FORM(8, runtime·resetCPU, runtime·pvCrash)
FORM(9, runtime·trapEnd, runtime·pvTrapEnd)
FORM(10, runtime·readCR2, runtime·pvReadCR2)
FORM(11, runtime·cpuid, runtime·pvCPUID)
FORM(12, runtime·hypercall, runtime·pvHypercall3)
FORM(13, runtime·inb, runtime·pvInb)
FORM(14, runtime·outb, runtime·pvOut)
FORM(15, runtime·outl, runtime·pvOut)
GLOBL pvForms<>(SB), RODATA, $(17*16)

// pvEarly is what GS leads to before there is a vcpu.
GLOBL runtime·pvEarly(SB), NOPTR, $vcpu__size

// pvHypercall makes the hypercall AX with arguments in DI, SI, DX, R10 and R8. CX and R11 are lost. SYSCALL is what Xen's
// page of hypercalls has for guests of this kind, and Linux does without that page (its commit "x86/xen: remove hypercall
// page", for Xen's advisory 466). It is UD2 until pvEntry makes it that: no image has an instruction that enters a kernel.
TEXT runtime·pvHypercall(SB),NOSPLIT|NOFRAME,$0
	BYTE	$0x0f; BYTE $0x0b
	RET

// func hypercall(op, command uintptr, arg unsafe.Pointer, n uintptr) int
TEXT runtime·pvHypercall3(SB),NOSPLIT,$0-40
	MOVQ	op+0(FP), AX
	MOVQ	command+8(FP), DI
	MOVQ	arg+16(FP), SI
	MOVQ	n+24(FP), DX
	CALL	runtime·pvHypercall(SB)
	MOVQ	AX, ret+32(FP)
	RET

// func pvCall(op, a, b, c uintptr) int
TEXT runtime·pvCall(SB),NOSPLIT,$0-40
	MOVQ	op+0(FP), AX
	MOVQ	a+8(FP), DI
	MOVQ	b+16(FP), SI
	MOVQ	c+24(FP), DX
	CALL	runtime·pvHypercall(SB)
	MOVQ	AX, ret+32(FP)
	RET

// func pvTables(op uintptr, list unsafe.Pointer, n uintptr) int
TEXT runtime·pvTables(SB),NOSPLIT,$0-32
	MOVQ	op+0(FP), AX
	MOVQ	list+8(FP), DI
	MOVQ	n+16(FP), SI
	XORL	DX, DX
	MOVL	$0x7ff0, R10		// DOMID_SELF
	CALL	runtime·pvHypercall(SB)
	MOVQ	AX, ret+24(FP)
	RET

TEXT runtime·pvSetFSBase(SB),NOSPLIT|NOFRAME,$0
	MOVQ	AX, SI
	MOVL	$SETSEGMENTBASE, AX
	XORL	DI, DI			// SEGBASE_FS
	JMP	runtime·pvHypercall(SB)

// func irqDisable() irqFlags
TEXT runtime·pvIrqDisable(SB),NOSPLIT,$0-8
	CALL	runtime·pvIrqOff(SB)
	MOVQ	R8, ret+0(FP)
	RET

// Flags are as the CPU has them: bit 9 says that interrupts are on.
TEXT runtime·pvIrqOff(SB),NOSPLIT|NOFRAME,$0
	MOVBLZX	MASK, R8
	MOVB	$1, MASK
	XORL	$1, R8
	SHLL	$9, R8
	RET

// func irqRestore(flags irqFlags)
TEXT runtime·pvIrqRestore(SB),NOSPLIT,$0-8
	MOVQ	flags+0(FP), AX
	TESTL	$0x200, AX
	JEQ	off
	CALL	runtime·pvIrqOn(SB)
off:
	RET

// An event that has come while they were masked arrives at the end of the next hypercall, any one.
TEXT runtime·pvIrqOn(SB),NOSPLIT|NOFRAME,$0
	MOVB	$0, MASK
	CMPB	PENDING, $0
	JNE	news
	RET
news:
	MOVL	$XENVERSION, AX
	XORL	DI, DI
	XORL	SI, SI
	JMP	runtime·pvHypercall(SB)

// SCHEDOP_block lets events arrive, and returns when one has.
TEXT runtime·pvWait(SB),NOSPLIT|NOFRAME,$0
	MOVL	$SCHEDOP, AX
	MOVL	$1, DI
	XORL	SI, SI
	JMP	runtime·pvHypercall(SB)

// pvCrash ends the machine: SCHEDOP_shutdown.
TEXT runtime·pvCrash(SB),NOSPLIT|NOFRAME,$0
	MOVL	$SCHEDOP, AX
	MOVL	$2, DI
	LEAQ	pvReason<>(SB), SI
	JMP	runtime·pvHypercall(SB)

DATA pvReason<>+0(SB)/8, $3		// SHUTDOWN_crash
GLOBL pvReason<>(SB), RODATA, $8

TEXT runtime·pvReadCR2(SB),NOSPLIT,$0-8
	MOVQ	CR2INFO, AX
	MOVQ	AX, ret+0(FP)
	RET

// The prefix makes Xen answer, with what is true of the guest: xen/include/public/arch-x86/xen.h, XEN_CPUID.
TEXT runtime·pvCPUID(SB),NOSPLIT,$0-24
	MOVL	leaf+0(FP), AX
	MOVL	sub+4(FP), CX
	BYTE	$0x0f; BYTE $0x0b; BYTE $0x78; BYTE $0x65; BYTE $0x6e
	CPUID
	MOVL	AX, eax+8(FP)
	MOVL	BX, ebx+12(FP)
	MOVL	CX, ecx+16(FP)
	MOVL	DX, edx+20(FP)
	RET

// There are no ports: a read finds nothing driven.
TEXT runtime·pvInb(SB),NOSPLIT,$0-9
	MOVB	$0xff, ret+8(FP)
	RET

TEXT runtime·pvOut(SB),NOSPLIT|NOFRAME,$0
	RET

// Traps land on the stack that runs, below what it holds, in the order CX, R11, an error code for those that have one, and
// what the CPU pushes. pvTrap moves all to where traps of the thread lie, as if the CPU had put them there. Events are
// masked, and nothing on the way faults.
#define PVSTUB(n)  BYTE $0x59; BYTE $0x41; BYTE $0x5b; BYTE $0x6a; BYTE $0; BYTE $0x6a; BYTE $n; JMP runtime·pvTrap(SB)
#define PVSTUBE(n) BYTE $0x59; BYTE $0x41; BYTE $0x5b; BYTE $0x90; BYTE $0x90; BYTE $0x6a; BYTE $n; JMP runtime·pvTrap(SB)
TEXT runtime·pvStubs(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	PVSTUB(0); PVSTUB(1); PVSTUB(2); PVSTUB(3); PVSTUB(4); PVSTUB(5); PVSTUB(6); PVSTUB(7)
	PVSTUBE(8); PVSTUB(9); PVSTUBE(10); PVSTUBE(11); PVSTUBE(12); PVSTUBE(13); PVSTUBE(14); PVSTUB(15)
	PVSTUB(16); PVSTUBE(17); PVSTUB(18); PVSTUB(19)
	PVSTUB(0x23)			// vectorXen

TEXT runtime·pvTrap(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVQ	AX, SAVEDAX
	MOVQ	CX, SAVEDCX
	MOVQ	8(GS), AX		// vcpu.current
	MOVQ	(thread_trapStack+stack_hi)(AX), AX
	SUBQ	$56, AX
	MOVQ	0(SP), CX		// vector
	MOVQ	CX, 0(AX)
	MOVQ	8(SP), CX		// error code
	MOVQ	CX, 8(AX)
	MOVQ	16(SP), CX		// RIP
	MOVQ	CX, 16(AX)
	MOVQ	24(SP), CX		// CS
	MOVQ	CX, 24(AX)
	MOVQ	32(SP), CX		// RFLAGS
	MOVQ	CX, 32(AX)
	MOVQ	40(SP), CX		// RSP
	MOVQ	CX, 40(AX)
	MOVQ	48(SP), CX		// SS
	MOVQ	CX, 48(AX)
	MOVQ	AX, SP
	MOVQ	SAVEDCX, CX
	MOVQ	SAVEDAX, AX
	JMP	runtime·trapCommon(SB)

// The hypercall takes what Xen has pushed, without the error code and with flags and AX instead, and lets events arrive
// again if RFLAGS says so: iret_context, xen/include/public/arch-x86/xen-x86_64.h.
TEXT runtime·pvTrapEnd(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	ADDQ	$16, SP			// vector, error code
	PUSHQ	$0
	PUSHQ	CX
	PUSHQ	R11
	PUSHQ	AX
	MOVL	$IRET, AX
	JMP	runtime·pvHypercall(SB)

// Xen could not return to the guest with the segments that it has: there is no way on.
TEXT runtime·pvFailsafe(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	JMP	runtime·pvCrash(SB)

// Another CPU begins here, on its idle thread's stack, with its vcpu in DI, FS and GS: pvStartCPUs.
TEXT runtime·pvCPUEntry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	XORL	BP, BP
	SUBQ	$32, SP
	MOVQ	DI, 0(SP)
	CALL	runtime·startCPU(SB)
	CALL	runtime·abort(SB)
	RET
