//go:build mirage

#include "textflag.h"

// The first instructions on amd64.
//
// A PVH loader enters here (Xen, docs/misc/pvh.pandoc): 32-bit protected mode, flat segments, paging off, interrupts
// off, EBX = physical address of struct hvm_start_info, no stack. The image lies at the addresses it is linked for.
// Until start64 only instructions whose encoding means the same in 32-bit and 64-bit mode are used; a RIP-relative
// LEAL loads its bare displacement here, to which the address of the following instruction is added by hand.
//
// A PV loader (Xen's, of a guest of that kind) enters here, too, in 64-bit mode on page tables of its own: pv_mirage_amd64.s.

// bootarea, rounded up to a page: what the switch to 64-bit mode needs. See also mapBoot in vm_mirage_amd64.go.
//	0x0000 PML4	entries 0 and 128 -> PDPT: physical memory at 0 and at physBase
//	0x1000 PDPT	entries 0-3 -> PD
//	0x2000 PD	4 pages, 2048 large pages: the first 4 GiB
//	0x6000 GDT	null, 64-bit code, data; 0x6020 its descriptor
#define BOOTAREA (8*4096)
#define STACK (96*1024)

TEXT _rt0_amd64_mirage(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	XORL	AX, AX
	BYTE	$0x48; BYTE $0x90	// DEC EAX; NOP in 32-bit mode, and nothing in 64-bit mode
	TESTL	AX, AX
	JEQ	pv
	CLI
	CLD
	MOVL	BX, BP			// hvm_start_info
	// The first word of hvm_start_info is a known magic: it serves as stack for one CALL that finds EIP.
	LEAL	4(BX), SP
	BYTE	$0xe8; LONG $0		// CALL 1f
	POPQ	SI			// 1: SI = address of this instruction
	MOVL	$0x336ec578, (BX)
	LEAL	runtime·bootarea(SB), DI	// 6 bytes of MOVL, 6 of LEAL, 1 of POPQ
	LEAL	13(DI)(SI*1), DI
	ADDL	$4095, DI
	ANDL	$~4095, DI
	MOVL	DI, BX			// PML4; BX stays

	XORL	AX, AX
	MOVL	$(7*1024), CX
	REP; STOSL

	LEAL	0x1003(BX), AX		// present, writable
	MOVL	AX, 0(BX)
	MOVL	AX, (128*8)(BX)
	LEAL	0x2003(BX), AX
	MOVL	AX, 0x1000(BX)
	ADDL	$0x1000, AX
	MOVL	AX, 0x1008(BX)
	ADDL	$0x1000, AX
	MOVL	AX, 0x1010(BX)
	ADDL	$0x1000, AX
	MOVL	AX, 0x1018(BX)
	LEAL	0x2000(BX), DI
	MOVL	$0x83, AX		// present, writable, 2 MiB
	MOVL	$2048, CX
pages:
	MOVL	AX, (DI)
	ADDL	$0x200000, AX
	ADDL	$8, DI
	SUBL	$1, CX
	JNE	pages

	LEAL	0x6000(BX), DI
	MOVL	$0x0000ffff, 8(DI)	// 64-bit code
	MOVL	$0x00af9a00, 12(DI)
	MOVL	$0x0000ffff, 16(DI)	// data
	MOVL	$0x00cf9200, 20(DI)
	MOVL	DI, AX
	SHLL	$16, AX
	ORL	$23, AX			// limit, and the low half of the base
	MOVL	AX, 0x20(DI)
	MOVL	DI, AX
	SHRL	$16, AX
	MOVL	AX, 0x24(DI)
	ADDL	$0x20, DI
	LGDT	(DI)

	// Intel SDM volume 3, 10.8.5: PAE, then the tables, then EFER.LME, then paging.
	MOVL	$0x6a0, AX		// CR4: PAE, PGE, OSFXSR, OSXMMEXCPT
	MOVL	AX, CR4
	MOVL	BX, AX
	MOVL	AX, CR3
	MOVL	$0xc0000080, CX		// EFER: LME, NXE
	RDMSR
	ORL	$0x900, AX
	WRMSR
	MOVL	$0x80010023, AX		// CR0: PG, WP, NE, MP, PE
	MOVL	AX, CR0
	LEAL	0x7000(BX), SP
	BYTE	$0xe8; LONG $0		// CALL 1f
	POPQ	SI			// 1:
	LEAL	runtime·start64(SB), AX	// 6 bytes, 1 of POPQ
	LEAL	7(AX)(SI*1), AX
	PUSHQ	$8
	PUSHQ	AX
	RETFL
pv:
	JMP	runtime·pvEntry(SB)

TEXT runtime·start64(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVL	$0x10, AX
	MOVW	AX, DS
	MOVW	AX, ES
	MOVW	AX, SS
	XORL	AX, AX
	MOVW	AX, FS
	MOVW	AX, GS
	MOVL	BP, BP
	MOVL	BX, BX
	MOVQ	BP, runtime·startInfo(SB)
	MOVQ	BX, runtime·bootTables(SB)
	JMP	runtime·startGo(SB)

TEXT runtime·startGo(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVQ	$runtime·bootstack(SB), SP
	ADDQ	$(STACK-64), SP
	XORL	BP, BP
	XORL	DI, DI			// argc
	MOVQ	$runtime·noargs(SB), SI	// argv; osinit reads the command line
	JMP	runtime·rt0_go(SB)

GLOBL runtime·bootarea(SB), NOPTR, $BOOTAREA
GLOBL runtime·bootstack(SB), NOPTR, $STACK
GLOBL runtime·noargs(SB), NOPTR, $32
