//go:build mirage

#include "textflag.h"

TEXT ·gettimeofday(SB),NOSPLIT|NOFRAME,$0-16
	JMP	·timeOfDay(SB)
