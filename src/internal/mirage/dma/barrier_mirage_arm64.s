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
	RET
