//go:build mirage

package runtime

import "internal/abi"

// syscallInit lets the SYSCALL instruction arrive at syscallInstruction: Intel SDM volume 3, 5.8.8.
func syscallInit() {
	const (
		msrEFER, msrSTAR, msrLSTAR, msrFMASK = 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000084
		eferSCE                              = 1
		flags                                = 0x40700 // cleared at entry: AC, DF, IF, TF
	)
	wrmsr(msrEFER, rdmsr(msrEFER)|eferSCE)
	wrmsr(msrSTAR, selectorCode<<32)
	wrmsr(msrLSTAR, abi.FuncPCABI0(syscallInstruction))
	wrmsr(msrFMASK, flags)
}

func syscallInstruction()

// syscallTrap serves a SYSCALL instruction. Assembly of other packages executes it between entersyscall and
// exitsyscall, or without them.
//
//go:nosplit
func syscallTrap(num, a1, a2, a3, a4, a5, a6 uintptr) uintptr {
	r1, _, errno := syscallFromTrap(num, a1, a2, a3, a4, a5, a6)
	if errno != 0 {
		return -errno
	}
	return r1
}
