//go:build mirage

#include "textflag.h"

// What the stock files leave to assembly, in Go here.

TEXT ·rawSyscallNoError(SB),NOSPLIT|NOFRAME,$0-48
	JMP	·noErrorSyscall(SB)

TEXT ·rawVforkSyscall(SB),NOSPLIT|NOFRAME,$0-48
	JMP	·noVfork(SB)
