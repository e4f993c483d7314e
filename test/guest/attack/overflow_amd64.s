#include "textflag.h"

// func overflow()
TEXT ·overflow(SB),NOSPLIT|NOFRAME,$0
more:
	BYTE $0x50	// PUSHQ AX, which the assembler need not count
	JMP	more
