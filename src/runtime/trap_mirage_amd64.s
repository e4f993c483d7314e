//go:build mirage

#include "go_asm.h"
#include "go_tls.h"
#include "textflag.h"

// Traps on amd64. Each lands on the trap stack of the thread that runs (cpu_mirage_amd64.go, enter), saves all of its
// registers there as a trapFrame, and calls trap as the thread's trapg.

// 256 stubs of trapStubSize bytes. Where the CPU pushes no error code a zero takes its place; the vector follows,
// sign-extended.
#define STUB(n)  BYTE $0x6a; BYTE $0; BYTE $0x6a; BYTE $n; JMP runtime·trapCommon(SB)
#define STUBE(n) BYTE $0x90; BYTE $0x90; BYTE $0x6a; BYTE $n; JMP runtime·trapCommon(SB)
#define STUBS8(n) STUB(n); STUB(n+1); STUB(n+2); STUB(n+3); STUB(n+4); STUB(n+5); STUB(n+6); STUB(n+7)
#define STUBS32(n) STUBS8(n); STUBS8(n+8); STUBS8(n+16); STUBS8(n+24)
TEXT runtime·trapStubs(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	STUBS8(0)
	STUBE(8); STUB(9); STUBE(10); STUBE(11); STUBE(12); STUBE(13); STUBE(14); STUB(15)
	STUB(16); STUBE(17); STUB(18); STUB(19); STUB(20); STUBE(21); STUB(22); STUB(23)
	STUB(24); STUB(25); STUB(26); STUB(27); STUB(28); STUBE(29); STUBE(30); STUB(31)
	STUBS32(32)
	STUBS32(64)
	STUBS32(96)
	STUBS32(128)
	STUBS32(160)
	STUBS32(192)
	STUBS32(224)

#define XSAVE64		BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x24; BYTE $0x24	// XSAVE64 (SP)
#define XRSTOR64	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x2f			// XRSTOR64 (DI)
#define FXSAVE64	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x04; BYTE $0x24	// FXSAVE64 (SP)
#define FXRSTOR64	BYTE $0x48; BYTE $0x0f; BYTE $0xae; BYTE $0x0f			// FXRSTOR64 (DI)

TEXT runtime·trapCommon(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	PUSHQ	AX
	PUSHQ	CX
	PUSHQ	DX
	PUSHQ	BX
	PUSHQ	BP
	PUSHQ	SI
	PUSHQ	DI
	PUSHQ	R8
	PUSHQ	R9
	PUSHQ	R10
	PUSHQ	R11
	PUSHQ	R12
	PUSHQ	R13
	PUSHQ	R14
	PUSHQ	R15
	SUBQ	$16, SP
	CLD
	MOVQ	SP, BX			// the trapFrame

	SUBQ	runtime·fpStateSize(SB), SP
	ANDQ	$~63, SP
	MOVQ	SP, trapFrame_fp(BX)
	CMPB	runtime·fpXSAVE(SB), $0
	JEQ	fxsave
	// The header's reserved bytes must be zero for XRSTOR: Intel SDM volume 1, 13.4.2.
	XORL	AX, AX
	MOVQ	AX, 512(SP)
	MOVQ	AX, 520(SP)
	MOVQ	AX, 528(SP)
	MOVQ	AX, 536(SP)
	MOVQ	AX, 544(SP)
	MOVQ	AX, 552(SP)
	MOVQ	AX, 560(SP)
	MOVQ	AX, 568(SP)
	MOVL	$-1, AX
	MOVL	$-1, DX
	XSAVE64
	JMP	saved
fxsave:
	FXSAVE64
saved:
	MOVQ	8(GS), R12		// cpu.current
	LEAQ	thread_trapg(R12), R14
	get_tls(CX)
	MOVQ	g(CX), AX
	MOVQ	AX, trapFrame_oldg(BX)
	MOVQ	R14, g(CX)
	XORPS	X15, X15
	XORL	BP, BP
	SUBQ	$32, SP			// trap may spill its argument into its caller's frame
	MOVQ	BX, 24(SP)
	MOVQ	BX, AX
	CALL	runtime·trap<ABIInternal>(SB)
	MOVQ	24(SP), BX
	get_tls(CX)
	MOVQ	trapFrame_oldg(BX), AX
	MOVQ	AX, g(CX)
	JMP	runtime·trapReturn(SB)

// trapReturn goes on with the trapFrame at BX, interrupts off.
TEXT runtime·trapReturn(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVQ	trapFrame_fp(BX), DI
	CMPB	runtime·fpXSAVE(SB), $0
	JEQ	fxrstor
	MOVL	$-1, AX
	MOVL	$-1, DX
	XRSTOR64
	JMP	restored
fxrstor:
	FXRSTOR64
restored:
	MOVQ	BX, SP
	ADDQ	$16, SP
	POPQ	R15
	POPQ	R14
	POPQ	R13
	POPQ	R12
	POPQ	R11
	POPQ	R10
	POPQ	R9
	POPQ	R8
	POPQ	DI
	POPQ	SI
	POPQ	BP
	POPQ	BX
	POPQ	DX
	POPQ	CX
	POPQ	AX
	JMP	runtime·trapEnd(SB)

TEXT runtime·trapEnd(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	ADDQ	$16, SP			// vector, error code
	IRETQ

// sigtramp runs on the signal stack; SP is at the signalFrame. Interrupts are on.
TEXT runtime·sigtramp(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	CLD
	MOVQ	SP, BX
	SUBQ	$64, SP
	MOVQ	BX, 48(SP)
	MOVL	signalFrame_sig(BX), AX
	LEAQ	signalFrame_trap(BX), CX	// context
	LEAQ	signalFrame_info(BX), BX
	get_tls(DX)
	MOVQ	g(DX), R14
	XORPS	X15, X15
	CALL	runtime·sigtrampgo<ABIInternal>(SB)
	CALL	runtime·irqOff(SB)
	CALL	runtime·signalDone(SB)
	MOVQ	48(SP), BX
	LEAQ	signalFrame_trap(BX), BX
	JMP	runtime·trapReturn(SB)

// The SYSCALL instruction in assembly that is not ours, executed in ring 0: CX holds the return address, R11 the flags;
// the number is in AX, arguments in DI, SI, DX, R10, R8, R9 (System V ABI, AMD64 supplement, A.2.1). All other registers
// keep their values. The stack is the goroutine's, in a NOSPLIT function.
TEXT runtime·syscallInstruction(SB),NOSPLIT|NOFRAME,$0
	PUSHQ	CX
	PUSHQ	R11
	PUSHQ	BP
	MOVQ	SP, BP
	PUSHQ	DI
	PUSHQ	SI
	PUSHQ	DX
	PUSHQ	R8
	PUSHQ	R9
	PUSHQ	R10
	PUSHQ	BX
	PUSHQ	R12
	PUSHQ	R13
	PUSHQ	R14
	PUSHQ	R15
	SUBQ	$88, SP
	MOVQ	AX, 0(SP)
	MOVQ	DI, 8(SP)
	MOVQ	SI, 16(SP)
	MOVQ	DX, 24(SP)
	MOVQ	R10, 32(SP)
	MOVQ	R8, 40(SP)
	MOVQ	R9, 48(SP)
	STI
	CALL	runtime·syscallTrap(SB)
	MOVQ	56(SP), AX
	ADDQ	$88, SP
	POPQ	R15
	POPQ	R14
	POPQ	R13
	POPQ	R12
	POPQ	BX
	POPQ	R10
	POPQ	R9
	POPQ	R8
	POPQ	DX
	POPQ	SI
	POPQ	DI
	POPQ	BP
	POPFQ
	POPQ	CX
	JMP	CX
