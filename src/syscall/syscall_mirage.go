//go:build mirage

package syscall

import "internal/runtime/syscall/linux"

// noErrorSyscall makes a system call that cannot fail.
//
//go:nosplit
func noErrorSyscall(trap, a1, a2, a3 uintptr) (r1, r2 uintptr) {
	r1, r2, _ = linux.Syscall6(trap, a1, a2, a3, 0, 0, 0)
	return
}

// noVfork: there are no processes.
//
//go:nosplit
func noVfork(trap, a1, a2, a3 uintptr) (r1 uintptr, err Errno) { return ^uintptr(0), ENOSYS }
