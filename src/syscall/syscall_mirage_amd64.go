//go:build mirage

package syscall

import (
	"internal/runtime/syscall/linux"
	"unsafe"
)

//go:nosplit
func timeOfDay(tv *Timeval) Errno {
	_, _, errno := linux.Syscall6(SYS_GETTIMEOFDAY, uintptr(unsafe.Pointer(tv)), 0, 0, 0, 0, 0)
	return Errno(errno)
}
