//go:build mirage

package machine

import "internal/mirage/ranges"

// Memory that the program maps by itself. Addresses and lengths are multiples of the page's size, and an errno is 0 for
// success. What the runtime has mapped for itself (the image, the heap, stacks) is never changed: that is EPERM.

// How Map finds the address.
const (
	MapAnywhere = iota // at Start if nothing is there, else where there is room
	MapOver            // at Start, in place of what is there
	MapFree            // at Start; EEXIST if something is there
)

// Map makes r, with an address as how says, memory of the program, and returns where. Pages come when they are touched,
// zeroed or from the object. The errors are ENOMEM, EPERM and EEXIST.
func Map(r ranges.Range, how int) (at, errno uintptr) {
	return runtime_mapMemory(r.Start, r.End, r.Object, r.Offset, uint32(r.Flags), how)
}

// Unmap takes away what the program has mapped in [start, end). The errors are EPERM, and ENOMEM for too many ranges.
func Unmap(start, end uintptr) (errno uintptr) { return runtime_unmapMemory(start, end) }

// Protect changes the access to [start, end), from start on until something prevents it. The errors are EPERM, EACCES,
// and ENOMEM: nothing is mapped, or there are too many ranges.
func Protect(start, end uintptr, access ranges.Flags) (errno uintptr) {
	return runtime_protectMemory(start, end, uint32(access))
}

// Discard takes the pages of [start, end): they are fresh when they are next touched. The error is EPERM.
func Discard(start, end uintptr) (errno uintptr) { return runtime_discardMemory(start, end) }

// Populate makes the pages of [start, end) present as accesses of that kind would. The errors are ENOMEM and EFAULT.
func Populate(start, end uintptr, access ranges.Flags) (errno uintptr) {
	return runtime_populateMemory(start, end, uint32(access))
}

// Resident reports whether the page at va is in memory.
func Resident(va uintptr) bool { return runtime_residentMemory(va) }

// NextRange returns the first range of the address space that ends above addr; ok is false if there is none.
func NextRange(addr uintptr) (r ranges.Range, ok bool) {
	runtime_nextRange(addr, &r)
	return r, r.End != 0
}

// Extend makes the mapping [start, end) longer where it is. The errors are EPERM and ENOMEM: something is behind.
func Extend(start, end, newEnd uintptr) (errno uintptr) {
	return runtime_resizeMemory(start, end, newEnd)
}

// Move moves the pages of [start, start+n) to the mapping at to; those at start are fresh then.
// The errors are EPERM and ENOMEM, and then nothing has moved.
func Move(start, n, to uintptr) (errno uintptr) { return runtime_moveMemory(start, n, to) }

func runtime_mapMemory(start, end, object, offset uintptr, flags uint32, how int) (at, errno uintptr)
func runtime_unmapMemory(start, end uintptr) (errno uintptr)
func runtime_protectMemory(start, end uintptr, access uint32) (errno uintptr)
func runtime_discardMemory(start, end uintptr) (errno uintptr)
func runtime_populateMemory(start, end uintptr, access uint32) (errno uintptr)
func runtime_residentMemory(va uintptr) bool
func runtime_nextRange(addr uintptr, r *ranges.Range)
func runtime_resizeMemory(start, end, newEnd uintptr) (errno uintptr)
func runtime_moveMemory(start, n, to uintptr) (errno uintptr)
