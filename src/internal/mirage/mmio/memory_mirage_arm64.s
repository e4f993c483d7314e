//go:build mirage

#include "textflag.h"

// Device-nGnRE memory keeps accesses to one device in order, but not against Normal memory (Arm ARM, "Device memory").
// DMB is enough: it orders. DSB would also wait for the access to end, which nothing here asks for; the interrupt
// controller and WFI, which do, are the runtime's.
//
// Load: DMB OSHLD after it: the register is read before any later load (what a status speaks of is in memory by
// then) and before any later store.
// Store: DMB OSH before it: what was stored to memory (a ring, a buffer) is seen before the register changes, and
// what was loaded from memory has been loaded. OSHST would order the stores alone, and a buffer that is
// given back to the device must not be read afterwards.
// The domain is the outer one because a device that masters the bus may lie there; memory given to it is coherent.

#define OSHLD	$1
#define OSH	$3

TEXT ·load8(SB), NOSPLIT, $0-9
	MOVD	addr+0(FP), R0
	MOVBU	(R0), R1
	DMB	OSHLD
	MOVB	R1, ret+8(FP)
	RET

TEXT ·load16(SB), NOSPLIT, $0-10
	MOVD	addr+0(FP), R0
	MOVHU	(R0), R1
	DMB	OSHLD
	MOVH	R1, ret+8(FP)
	RET

TEXT ·load32(SB), NOSPLIT, $0-12
	MOVD	addr+0(FP), R0
	MOVWU	(R0), R1
	DMB	OSHLD
	MOVW	R1, ret+8(FP)
	RET

TEXT ·store8(SB), NOSPLIT, $0-9
	MOVD	addr+0(FP), R0
	MOVBU	v+8(FP), R1
	DMB	OSH
	MOVB	R1, (R0)
	RET

TEXT ·store16(SB), NOSPLIT, $0-10
	MOVD	addr+0(FP), R0
	MOVHU	v+8(FP), R1
	DMB	OSH
	MOVH	R1, (R0)
	RET

TEXT ·store32(SB), NOSPLIT, $0-12
	MOVD	addr+0(FP), R0
	MOVWU	v+8(FP), R1
	DMB	OSH
	MOVW	R1, (R0)
	RET
