//go:build mirage

#include "go_asm.h"
#include "textflag.h"

// The first instructions on arm64.
//
// A loader enters here as Linux, Documentation/arch/arm64/booting.rst says: EL1 or EL2, MMU off, data cache off or clean
// for the image, R0 = physical address of the device tree. QEMU, which takes an ELF file for firmware, leaves R0 zero and
// puts the tree where RAM begins (QEMU, docs/system/arm/virt.rst): at most TREE_BLOCKS of 2 MiB below the image. A machine
// without firmware enters at EL3, with all its CPUs, and without a tree.
//
// The image may lie below 4 GiB at any multiple of 2 MiB from where it is linked to be; elsewhere it moves up to the next.
// Until the MMU is on nothing is addressed but relative to PC, so that $symbol(SB) is a physical address.
//
//	R15 what the loader passed
//	R20 device tree		R21 physical address of the image	R22 where it is linked to be
//	R23 its size in memory	R24 boot tables				R25 where in it the bytes to be zeroed begin
//	R19 where to go on with the MMU on, by its physical address

// bootarea, rounded up to a page: page tables, of which the first three serve the switch to the addresses of the others.
// The tables of a GiB of RAM are filled by bootMapRAM.
//	0x0000 L0	entries 0 -> L1, 128 -> L1 of physBase
//	0x1000 L1	the image's GiB, at its physical address -> L2
//	0x2000 L2	the image, with this code
//	0x3000 L0	entries 0 -> L1, 128 -> L1 of physBase
//	0x4000 L1	the image's GiB, where it is linked to be -> L2
//	0x5000 L2	the image
//	0x6000 L1	entries 0-3 -> L2: 4 GiB of physical memory at physBase
//	0x7000 L2	4 pages: the image, the device tree; later RAM and the console
#define BOOTAREA (12*4096)
#define STACK (96*1024)
#define TREE_BLOCKS 4	// see the linker's mirageBase

// Entries: Arm Architecture Reference Manual (DDI 0487), D8.3. A block of normal memory, with an ASID.
#define BLOCK 0xf05
#define TABLE 3

// Registers of EL2 that the assembler does not know, written from R0.
#define MSR_HCR_EL2	WORD $0xd51c1100
#define MSR_MDCR_EL2	WORD $0xd51c1120
#define MSR_CPTR_EL2	WORD $0xd51c1140
#define MSR_HSTR_EL2	WORD $0xd51c1160
#define MSR_VTTBR_EL2	WORD $0xd51c2100
#define MSR_VPIDR_EL2	WORD $0xd51c0000
#define MSR_VMPIDR_EL2	WORD $0xd51c00a0
#define MSR_CNTHCTL_EL2	WORD $0xd51ce100
#define MSR_CNTVOFF_EL2	WORD $0xd51ce060
#define MSR_ICC_SRE_EL2	WORD $0xd51cc9a0
#define MSR_ICH_HCR_EL2	WORD $0xd51ccb00
#define MSR_SPSR_EL2	WORD $0xd51c4000
#define MSR_ELR_EL2	WORD $0xd51c4020

// And of EL3.
#define MSR_SCTLR_EL2	WORD $0xd51c1000
#define MSR_SCR_EL3	WORD $0xd51e1100
#define MSR_CPTR_EL3	WORD $0xd51e1140
#define MSR_ICC_SRE_EL3	WORD $0xd51ecca0
#define MSR_SPSR_EL3	WORD $0xd51e4000
#define MSR_ELR_EL3	WORD $0xd51e4020
#define MSR_CNTFRQ_EL0	WORD $0xd51be000
#define MRS_CPUECTLR	WORD $0xd539f220	// into R0: Cortex-A53 and A72 Technical Reference Manuals, 4.3
#define MSR_CPUECTLR	WORD $0xd519f220

#define SCTLR_OFF 0x30d00800	// bits that are one where they mean nothing; all else off
#define SCTLR_SPAN (1<<23)	// among them: traps leave PAN as it is

TEXT _rt0_arm64_mirage(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	R0, R20
	MOVD	R0, R15
	MRS	CurrentEL, R0
	CMP	$(3<<2), R0
	BNE	boot
	MRS	MPIDR_EL1, R1
	AND	$3, R1
	CBZ	R1, boot

	// Another CPU: nobody else has it wait until it is wanted. The words are in the file, so that they are known from the start.
	MOVD	$runtime·parked(SB), R2
	ADD	R1<<3, R2
park:
	WFE
	MOVD	(R2), R3
	CMP	$1, R3
	BEQ	park
	B	(R3)
boot:
	BL	runtime·rt0EL1(SB)
	BL	runtime·rt0Image(SB)
	BL	runtime·rt0End(SB)
	BL	runtime·rt0Move(SB)
	B	runtime·rt0Zero(SB)

// cpuSpun is where a CPU begins that can be told nothing; cpuLinked looks its vcpu up.
TEXT runtime·cpuSpun(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	$0, R0
	B	runtime·cpuStart(SB)

// cpuStart is where firmware starts another CPU, in the same state; R0 is its vcpu, by its virtual address.
TEXT runtime·cpuStart(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	R0, R20
	BL	runtime·rt0EL1(SB)
	BL	runtime·rt0Image(SB)
	MOVD	$runtime·cpuLinked(SB), R19
	B	runtime·rt0Paging(SB)

// rt0EL1 returns at EL1, with the MMU off and floating point on. At EL3 it does first what firmware does for those it starts at
// EL2: Linux, Documentation/arch/arm64/booting.rst, 4, "CPU mode"; raspberrypi/tools, armstubs/armstub8.S.
TEXT runtime·rt0EL1(SB),NOSPLIT|NOFRAME,$0
	MSR	$15, DAIFSet
	MRS	CurrentEL, R0
	CMP	$(3<<2), R0
	BNE	lower
	MRS	MIDR_EL1, R1
	UBFX	$4, R1, $12, R1
	MOVD	$54000000, R2		// BCM2711: its crystal
	CMP	$0xd08, R1		// Cortex-A72
	BEQ	coherent
	MOVD	$19200000, R2		// BCM2837
	CMP	$0xd03, R1		// Cortex-A53
	BNE	secure
coherent:
	MRS_CPUECTLR
	ORR	$(1<<6), R0		// SMPEN, before any cache is on
	MSR_CPUECTLR
	MRS	CNTFRQ_EL0, R0
	CBNZ	R0, secure
	MOVD	R2, R0
	MSR_CNTFRQ_EL0
secure:
	MOVD	$0x5b1, R0		// SCR_EL3: RW, HCE, SMD, NS, and two bits that are one
	MSR_SCR_EL3
	MOVD	$0, R0
	MSR_CPTR_EL3
	MOVD	$0x30c50830, R0		// the bits that are one
	MSR_SCTLR_EL2
	MRS	ID_AA64PFR0_EL1, R1
	UBFX	$24, R1, $4, R0
	CBZ	R0, nogic3
	MOVD	$0xf, R0
	MSR_ICC_SRE_EL3
nogic3:
	MOVD	$0x3c9, R0		// EL2 with its own stack pointer, interrupts off
	UBFX	$8, R1, $4, R1
	CBNZ	R1, down
	MOVD	$0x3c5, R0		// there is no EL2
down:
	MSR_SPSR_EL3
	MOVD	$runtime·rt0Lower(SB), R0
	MSR_ELR_EL3
	ISB	$15
	ERET
lower:
	B	runtime·rt0Lower(SB)

// rt0Lower is rt0EL1 at EL2 or EL1.
TEXT runtime·rt0Lower(SB),NOSPLIT|NOFRAME,$0
	MRS	CurrentEL, R0
	CMP	$(2<<2), R0
	BNE	el1

	// EL2: nothing of EL1 is trapped or translated, and it has the timers and the interrupt controller to itself.
	MOVD	$(1<<31), R0		// HCR_EL2.RW: EL1 is 64-bit
	MSR_HCR_EL2
	MOVD	$0x33ff, R0		// CPTR_EL2: the bits that are one; floating point is not trapped
	MSR_CPTR_EL2
	MOVD	$3, R0			// CNTHCTL_EL2: EL1PCTEN, EL1PCEN
	MSR_CNTHCTL_EL2
	MOVD	$0, R0
	MSR_MDCR_EL2
	MSR_HSTR_EL2
	MSR_VTTBR_EL2
	MSR_CNTVOFF_EL2
	MRS	MIDR_EL1, R0
	MSR_VPIDR_EL2
	MRS	MPIDR_EL1, R0
	MSR_VMPIDR_EL2
	MRS	ID_AA64PFR0_EL1, R0
	UBFX	$24, R0, $4, R0
	CBZ	R0, nogic		// no registers of a GICv3
	MOVD	$0xf, R0		// ICC_SRE_EL2: Enable, DIB, DFB, SRE
	MSR_ICC_SRE_EL2
	ISB	$15
	MOVD	$0, R0
	MSR_ICH_HCR_EL2
nogic:
	MOVD	$0x3c5, R0		// EL1 with its own stack pointer, interrupts off
	MSR_SPSR_EL2
	MOVD	$SCTLR_OFF, R0
	MSR	R0, SCTLR_EL1
	MOVD	$(3<<20), R0		// FPEN: floating point is not trapped
	MSR	R0, CPACR_EL1
	MOVD	R30, R0
	MSR_ELR_EL2
	ERET
el1:
	MOVD	$SCTLR_OFF, R0
	MSR	R0, SCTLR_EL1
	MOVD	$(3<<20), R0
	MSR	R0, CPACR_EL1
	ISB	$15
	RET

// rt0Image finds the image, R21 and R22, and the boot tables, R24. The ELF header lies in the page before the text.
TEXT runtime·rt0Image(SB),NOSPLIT|NOFRAME,$0
	MOVD	$runtime·text(SB), R21
	SUB	$4096, R21
	AND	$~4095, R21
	MOVD	$runtime·firstmoduledata(SB), R0
	MOVD	moduledata_text(R0), R22
	SUB	$4096, R22
	AND	$~4095, R22
	MOVD	$runtime·bootarea(SB), R24
	ADD	$4095, R24
	AND	$~4095, R24
	RET

// rt0End finds where the image ends in the file, R25, and in memory, R23: the end of the last PT_LOAD.
TEXT runtime·rt0End(SB),NOSPLIT|NOFRAME,$0
	MOVD	32(R21), R1		// e_phoff
	ADD	R21, R1
	MOVHU	56(R21), R2		// e_phnum
segment:
	MOVWU	(R1), R3
	CMP	$1, R3			// PT_LOAD
	BNE	next
	MOVD	16(R1), R4		// p_vaddr
	SUB	R22, R4
	MOVD	32(R1), R25		// p_filesz
	ADD	R4, R25
	MOVD	40(R1), R23		// p_memsz
	ADD	R4, R23
next:
	ADD	$56, R1
	SUB	$1, R2
	CBNZ	R2, segment
	RET

// rt0Move moves the image up, less than 2 MiB, to where it can be mapped, and returns there. The memory is not cached now: see
// rt0Zero.
TEXT runtime·rt0Move(SB),NOSPLIT|NOFRAME,$0
	SUB	R21, R22, R14
	AND	$((2<<20)-1), R14
	CBZ	R14, there
	MOVD	R30, R13
	ADD	R21, R14, R0
	ADD	R0, R25, R1
	BL	runtime·cacheClean(SB)
	ADD	$7, R25, R1
	AND	$~7, R1
	ADD	R21, R1			// from the end, for the places overlap
word:
	SUB	$8, R1
	MOVD	(R1), R2
	MOVD	R2, (R1)(R14)
	CMP	R21, R1
	BHI	word
	ADD	R14, R21
	MOVD	R21, R0
	ADD	R0, R25, R1
	BL	runtime·cacheClean(SB)
	WORD	$0xd508751f		// IC IALLU
	DSB	$15
	ISB	$15
	ADD	R14, R24		// bootarea
	ADD	R14, R13, R30
there:
	RET

// rt0Zero zeroes what is in memory and not in the file. The memory is not cached now, so lines of it that are in a cache must
// be gone before, lest they are written over it, and after, lest they are read.
TEXT runtime·rt0Zero(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	ADD	R21, R25, R0
	ADD	R21, R23, R1
	BL	runtime·cacheClean(SB)
	ADD	R21, R25, R0
	ADD	R21, R23, R1
byte:
	TST	$7, R0
	BEQ	word
	MOVB	ZR, (R0)
	ADD	$1, R0
	B	byte
word:
	MOVD	ZR, (R0)		// the last one may reach over the end, but not into another page
	ADD	$8, R0
	CMP	R1, R0
	BLO	word
	B	runtime·rt0Tables(SB)

// rt0Tables fills the boot tables.
TEXT runtime·rt0Tables(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	ADD	R21, R23, R0
	LSR	$32, R0, R1
	CBNZ	R1, lost		// the image ends above 4 GiB

	ADD	$(0x1000+TABLE), R24, R0
	MOVD	R0, 0(R24)
	ADD	$0x3000, R24, R5
	ADD	$(0x1000+TABLE), R5, R0
	MOVD	R0, 0(R5)
	ADD	$0x6000, R24, R6	// L1 of physBase
	ADD	$TABLE, R6, R0
	MOVD	R0, (128*8)(R24)
	MOVD	R0, (128*8)(R5)
	ADD	$(0x1000+TABLE), R6, R0
	MOVD	R0, 0(R6)
	ADD	$0x1000, R0
	MOVD	R0, 8(R6)
	ADD	$0x1000, R0
	MOVD	R0, 16(R6)
	ADD	$0x1000, R0
	MOVD	R0, 24(R6)

	// The image, at its physical address, where it is linked to be, and at physBase.
	ADD	$0x1000, R24, R0
	MOVD	R21, R1
	BL	runtime·rt0MapImage(SB)
	ADD	$0x4000, R24, R0
	MOVD	R22, R1
	BL	runtime·rt0MapImage(SB)
	ADD	$0x7000, R24, R5	// L2 of physBase
	MOVD	R21, R0
	BL	runtime·rt0Alias(SB)

	// The device tree: at R20, else below the image.
	MOVD	$0xd00dfeed, R4
	CBZ	R20, below
	MOVWU	(R20), R0
	REVW	R0, R0
	CMPW	R4, R0
	BEQ	tree
below:
	BIC	$((2<<20)-1), R21, R20
	MOVD	$TREE_BLOCKS, R1
block:
	CBZ	R20, none
	SUB	$(2<<20), R20
	MOVWU	(R20), R0
	REVW	R0, R0
	CMPW	R4, R0
	BEQ	tree
	SUB	$1, R1
	CBNZ	R1, block
none:
	MOVD	$0, R20
	CBZ	R15, paging		// else it may be where ATAGs are, in the first MiB
	LSR	$20, R15, R0
	CBNZ	R0, paging
	MOVD	$0, R0
	MOVD	$(1<<20), R1
	BL	runtime·rt0Alias(SB)
	B	paging
tree:
	MOVWU	4(R20), R1		// totalsize
	REVW	R1, R1
	ADD	R20, R1
	LSR	$32, R1, R0
	CBNZ	R0, lost
	MOVD	R20, R0
	BL	runtime·rt0Alias(SB)
paging:
	ADD	R21, R25, R0
	ADD	R21, R23, R1
	BL	runtime·cacheClean(SB)
	MOVD	$runtime·rt0Linked(SB), R19
	B	runtime·rt0Paging(SB)
lost:
	WFE
	B	lost

// rt0MapImage maps the image at R1 by the L1 table at R0 and the L2 table behind that.
TEXT runtime·rt0MapImage(SB),NOSPLIT|NOFRAME,$0
	ADD	$(0x1000+TABLE), R0, R2
	LSR	$30, R1, R3
	MOVD	R2, (R0)(R3<<3)
	ADD	$0x1000, R0
	LSR	$21, R1, R3
	AND	$511, R3
	ADD	R3<<3, R0		// its first entry
	BIC	$((2<<20)-1), R21, R2
	ADD	R21, R23, R1
image:
	ORR	$BLOCK, R2, R3
	MOVD	R3, (R0)
	ADD	$8, R0
	ADD	$(2<<20), R2
	CMP	R1, R2
	BLO	image
	RET

// rt0Alias maps physical memory from R0 to R1 at physBase; R5 is the first of its L2 tables.
TEXT runtime·rt0Alias(SB),NOSPLIT|NOFRAME,$0
	LSR	$21, R0
alias:
	LSL	$21, R0, R2
	ORR	$BLOCK, R2
	MOVD	R2, (R5)(R0<<3)
	ADD	$1, R0
	LSL	$21, R0, R2
	CMP	R1, R2
	BLO	alias
	RET

// rt0Paging turns the MMU on and goes on at R19. The code runs at its physical address, then at physBase, then where it is
// linked to be: the first and the last may overlap, so they are never in use at the same time. Each set of tables has an
// ASID of its own, so that what the MMU remembers of one is nothing to another (DDI 0487, D8.16.4).
TEXT runtime·rt0Paging(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	$const_memoryAttributes, R0
	MSR	R0, MAIR_EL1
	MRS	ID_AA64MMFR0_EL1, R0
	AND	$15, R0			// PARange, as TCR_EL1.IPS wants it; above 5 it takes 52-bit tables
	CMP	$5, R0
	MOVD	$5, R1
	CSEL	HI, R1, R0, R0
	LSL	$32, R0
	MOVD	$const_translationControl, R1
	ORR	R1, R0
	MSR	R0, TCR_EL1
	MOVD	$(1<<48), R0
	ORR	R24, R0
	MSR	R0, TTBR0_EL1
	DSB	$15
	TLBI	VMALLE1
	WORD	$0xd508751f		// IC IALLU
	DSB	$15
	ISB	$15
	MOVD	$(SCTLR_OFF|0x100d), R0	// M, C, SA, I
	MRS	ID_AA64MMFR1_EL1, R1
	UBFX	$20, R1, $4, R1
	CBZ	R1, nopan
	BIC	$SCTLR_SPAN, R0		// traps keep it
	WORD	$0xd500419f		// MSR PAN, $1: nothing touches a page of a user's (DDI 0487, D8.4.2); there are none
nopan:
	MSR	R0, SCTLR_EL1
	ISB	$15

	MOVD	$const_physBase, R26
	MOVD	$runtime·rt0High(SB), R0
	ADD	R26, R0
	B	(R0)

TEXT runtime·rt0High(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	ADD	$0x3000, R24, R0
	MOVD	$(2<<48), R1
	ORR	R1, R0
	MSR	R0, TTBR0_EL1
	ISB	$15
	SUB	R21, R19
	ADD	R22, R19
	B	(R19)

TEXT runtime·rt0Linked(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	SUB	R22, R21, R0
	MOVD	R0, runtime·imageOffset(SB)
	MOVD	R20, runtime·deviceTree(SB)
	MOVD	R15, runtime·bootArgument(SB)
	MOVD	R24, runtime·bootTables(SB)
	MSR	$0, SPSel
	MOVD	$runtime·bootstack(SB), R0
	MOVD	$(STACK-64), R1
	ADD	R1, R0
	AND	$~15, R0
	MOVD	R0, RSP
	MOVD	$0, R29
	MOVD	$0, R30
	MOVD	$0, R0			// argc
	MOVD	$runtime·noargs(SB), R1	// argv; osinit reads the command line
	B	runtime·rt0_go(SB)

// cpuLinked goes on as the idle thread of the CPU at R20, at cpuEntry.
TEXT runtime·cpuLinked(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	runtime·vmRoot(SB), R0
	MSR	R0, TTBR0_EL1
	ISB	$15
	TLBI	VMALLE1
	DSB	$11			// ISH
	MRS	SCTLR_EL1, R0
	ORR	$const_sctlrWXN, R0
	MSR	R0, SCTLR_EL1
	ISB	$15
	CBNZ	R20, told
	MRS	MPIDR_EL1, R0
	AND	$3, R0
	MOVD	$runtime·spinningCPUs(SB), R1
	MOVD	(R1)(R0<<3), R20
told:
	MSR	R20, TPIDR_EL1
	MSR	$0, SPSel
	MOVD	vcpu_idle(R20), R0
	MOVD	thread_sp(R0), R2
	B	runtime·switchIn(SB)

// cacheClean writes cached lines of [R0, R1) to memory and forgets them.
TEXT runtime·cacheClean(SB),NOSPLIT|NOFRAME,$0
	MRS	CTR_EL0, R2
	UBFX	$16, R2, $4, R2		// DminLine: words of the smallest line, as a power of two
	MOVD	$4, R3
	LSL	R2, R3
	SUB	$1, R3, R2
	BIC	R2, R0
line:
	DC	CIVAC, R0
	ADD	R3, R0
	CMP	R1, R0
	BLO	line
	DSB	$15
	RET

GLOBL runtime·bootarea(SB), NOPTR, $BOOTAREA
GLOBL runtime·bootstack(SB), NOPTR, $STACK
GLOBL runtime·noargs(SB), NOPTR, $32
