//go:build mirage

#include "textflag.h"

TEXT ·FullBarrier(SB), NOSPLIT, $0-0
	MFENCE
	RET
