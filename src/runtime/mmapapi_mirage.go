//go:build mirage

package runtime

import (
	"internal/mirage/ranges"
	"unsafe"
)

// The memory of programs, and objects, as package internal/mirage/machine has them.

//go:linkname machine_mapMemory internal/mirage/machine.runtime_mapMemory
func machine_mapMemory(start, end, object, offset uintptr, flags uint32, how int) (at, errno uintptr) {
	return mapMemory(ranges.Range{Start: start, End: end, Object: object, Offset: offset, Flags: vmProt(flags)}, how)
}

//go:linkname machine_unmapMemory internal/mirage/machine.runtime_unmapMemory
func machine_unmapMemory(start, end uintptr) (errno uintptr) { return unmapMemory(start, end) }

//go:linkname machine_protectMemory internal/mirage/machine.runtime_protectMemory
func machine_protectMemory(start, end uintptr, flags uint32) (errno uintptr) {
	return protectMemory(start, end, vmProt(flags))
}

//go:linkname machine_discardMemory internal/mirage/machine.runtime_discardMemory
func machine_discardMemory(start, end uintptr) (errno uintptr) { return discardMemory(start, end) }

//go:linkname machine_populateMemory internal/mirage/machine.runtime_populateMemory
func machine_populateMemory(start, end uintptr, want uint32) (errno uintptr) {
	return populateMemory(start, end, vmProt(want))
}

//go:linkname machine_residentMemory internal/mirage/machine.runtime_residentMemory
func machine_residentMemory(va uintptr) bool { return residentMemory(va) }

//go:linkname machine_nextRange internal/mirage/machine.runtime_nextRange
func machine_nextRange(addr uintptr, r *ranges.Range) { mapNext(addr, r) }

//go:linkname machine_resizeMemory internal/mirage/machine.runtime_resizeMemory
func machine_resizeMemory(start, end, newEnd uintptr) (errno uintptr) {
	return resizeMemory(start, end, newEnd)
}

//go:linkname machine_moveMemory internal/mirage/machine.runtime_moveMemory
func machine_moveMemory(start, n, to uintptr) (errno uintptr) { return moveMemory(start, n, to) }

//go:linkname machine_objectNew internal/mirage/machine.runtime_objectNew
func machine_objectNew(base, n uintptr) uintptr { return uintptr(unsafe.Pointer(objectNew(base, n))) }

//go:linkname machine_objectPage internal/mirage/machine.runtime_objectPage
func machine_objectPage(o *vmObject, index uintptr, make bool) unsafe.Pointer {
	pa := objectPage(o, index, make)
	if pa == 0 {
		return nil
	}
	return physPointer(pa)
}

//go:linkname machine_objectResize internal/mirage/machine.runtime_objectResize
func machine_objectResize(o *vmObject, size uintptr) { objectResize(o, size) }

//go:linkname machine_objectDrop internal/mirage/machine.runtime_objectDrop
func machine_objectDrop(o *vmObject, first, last uintptr) { objectDrop(o, first, last, false) }

//go:linkname machine_objectFree internal/mirage/machine.runtime_objectFree
func machine_objectFree(o *vmObject) { objectFree(o) }

//go:linkname machine_objectUse internal/mirage/machine.runtime_objectUse
func machine_objectUse(o *vmObject) (pages, mapped uintptr) {
	onTrapStack(func() {
		flags := vmLock.lock()
		pages, mapped = o.pages, o.mapped
		vmLock.unlock(flags)
	})
	return
}

//go:linkname machine_objectWritten internal/mirage/machine.runtime_objectWritten
func machine_objectWritten(o *vmObject) (written bool) {
	onTrapStack(func() {
		flags := vmLock.lock()
		written, o.written = o.written, false
		vmLock.unlock(flags)
	})
	return written
}

// machine_objectIdle returns an object that was mapped and is not any more, 0 when there is none.
//
//go:linkname machine_objectIdle internal/mirage/machine.runtime_objectIdle
func machine_objectIdle() uintptr {
	var o *vmObject
	onTrapStack(func() {
		flags := vmLock.lock()
		if o = vmIdle; o != nil {
			vmIdle, o.next, o.idle = o.next, nil, false
		}
		vmLock.unlock(flags)
	})
	return uintptr(unsafe.Pointer(o))
}
