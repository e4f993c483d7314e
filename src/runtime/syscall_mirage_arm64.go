//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/runtime/sys"
	"unsafe"
)

// The SVC instruction in assembly that is not ours. Linux's convention: the number is in R8, arguments in R0 to R5, the
// result in R0, and all other registers keep their values, vectors as well. They do not fit on the stack of a goroutine
// in a NOSPLIT function, so they go to a record.

type syscallRecord struct {
	_    sys.NotInHeap
	trap trapFrame
	fp   [fpStateSize]byte
	next *syscallRecord
}

// syscallRecords are the free ones. Each thread has one more, for its next SVC: a trap cannot allocate.
var syscallRecords struct {
	lock spinlock
	free *syscallRecord
}

// syscallNewRecord gives t the record for its next SVC. On a system stack.
func syscallNewRecord(t *thread) {
	var r *syscallRecord
	onTrapStack(func() {
		list := &syscallRecords
		flags := list.lock.lock()
		if r = list.free; r != nil {
			list.free = r.next
		}
		list.lock.unlock(flags)
	})
	if r == nil {
		r = (*syscallRecord)(permanentAlloc(unsafe.Sizeof(syscallRecord{})))
	}
	r.next = nil
	t.record = uintptr(unsafe.Pointer(r))
}

// syscallSave saves the registers of the SVC that caused the trap f, and makes the trap return to syscallInstruction.
//
//go:nowritebarrierrec
func syscallSave(t *thread, f *trapFrame) {
	if t.record == 0 {
		trapFatal(f, "SVC within SVC")
	}
	r := (*syscallRecord)(unsafe.Pointer(t.record))
	t.record = 0
	r.trap = *f
	r.trap.fp = uintptr(unsafe.Pointer(&r.fp))
	memmove(unsafe.Pointer(&r.fp), unsafe.Pointer(f.fp), fpStateSize)

	// It looks like a call to the unwinder: by the function with the SVC if that has a frame, where its own return
	// address is, else by that function's caller.
	pc := uintptr(f.pc)
	if fn := findfunc(pc); fn.valid() && funcspdelta(fn, pc) != 0 {
		f.x[30] = uint64(pc)
	}
	f.x[0] = uint64(uintptr(unsafe.Pointer(r)))
	f.pc = uint64(abi.FuncPCABI0(syscallInstruction))
}

func syscallInstruction()

// syscallTrap serves the SVC that r is of, and returns r with interrupts off. Assembly of other packages executes SVC
// between entersyscall and exitsyscall, or without them.
//
//go:nosplit
func syscallTrap(r *syscallRecord) *syscallRecord {
	systemstack(syscallNextRecord)
	x := &r.trap.x
	r1, _, errno := syscallFromTrap(uintptr(x[8]), uintptr(x[0]), uintptr(x[1]), uintptr(x[2]), uintptr(x[3]), uintptr(x[4]), uintptr(x[5]))
	if errno != 0 {
		r1 = -errno
	}
	x[0] = uint64(r1)

	// r is read after this; it becomes the record of the thread, whose next trap comes later than that.
	irqDisable()
	onTrapStack(func() {
		t := thisCPU().current
		old := (*syscallRecord)(unsafe.Pointer(t.record))
		t.record = uintptr(unsafe.Pointer(r))
		list := &syscallRecords
		flags := list.lock.lock()
		old.next = list.free
		list.free = old
		list.lock.unlock(flags)
	})
	return r
}

func syscallNextRecord() { syscallNewRecord(thisCPU().current) }
