//go:build mirage

#include "textflag.h"

// A system call is a call into the runtime, with the arguments where they are.
TEXT ·Syscall6<ABIInternal>(SB),NOSPLIT|NOFRAME,$0
	JMP	runtime·syscall6<ABIInternal>(SB)
