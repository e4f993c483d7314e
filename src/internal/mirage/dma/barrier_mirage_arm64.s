//go:build mirage

#include "textflag.h"

#define OSHLD	$1
#define OSHST	$2
#define OSH	$3

TEXT ·ReadBarrier(SB), NOSPLIT, $0-0
	DMB	OSHLD
	RET

TEXT ·WriteBarrier(SB), NOSPLIT, $0-0
	DMB	OSHST
	RET

TEXT ·FullBarrier(SB), NOSPLIT, $0-0
	DMB	OSH
	MOVBU	runtime·fencesIgnored(SB), R0
	CBZ	R0, done
	MOVD	$0xfffffffffff, R0	// bits 55 to 12 of an address where nothing is mapped: Arm ARM, C5.5, TLBI VAE1
	TLBI	VAE1, R0
done:
	RET
