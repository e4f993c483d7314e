//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	"unsafe"
)

// Page tables of a PV guest: what they hold is the machine's, and Xen writes it.

// A pvUpdate is mmu_update, of xen/include/public/xen.h: the machine address of an entry, and what it shall be.
type pvUpdate struct {
	at    uintptr
	value pte
}

// pvFrame is the machine address of the page at pa.
func pvFrame(pa uintptr) uintptr {
	return *(*uintptr)(unsafe.Pointer(pv.frames + pa/pageSize4K*8)) * pageSize4K
}

// pvPage is the number of the guest's page in a frame of the machine that is the guest's.
func pvPage(frame uint64) uint64 {
	return *(*uint64)(unsafe.Pointer(pvMachineToPage + uintptr(frame)*8))
}

// pvEntryOf makes an entry for a page of the guest one that the machine takes.
func pvEntryOf(v pte) pte {
	if v == 0 {
		return 0
	}
	return v&^pteAddr | pte(pvFrame(uintptr(v&pteAddr)))
}

// pvStore has Xen write v, which holds a machine address, to the entry at a machine address.
func pvStore(at uintptr, v pte) {
	u := pvUpdate{at, v}
	if r := pvTables(pvMMUUpdate, unsafe.Pointer(&u), 1); r != 0 {
		print("mirage: Xen does not write ", hex(v), " to the page table at ", hex(at), ": error ", -r, "\n")
		throw("page tables")
	}
}

// pvWrite makes e be v, which holds a machine address.
func pvWrite(e *pte, v pte) {
	pa := uintptr(unsafe.Pointer(e)) - physBase
	pvStore(pvFrame(pa)+pa%pageSize4K, v)
}

// pvFillLock is held by who fills an entry that may be another CPU's to fill. It is a leaf.
var pvFillLock spinlock

// pvFill is pte.fill.
func pvFill(e *pte, v pte) bool {
	flags := pvFillLock.lock()
	ok := *e == 0
	if ok {
		pvWrite(e, pvEntryOf(v))
	}
	pvFillLock.unlock(flags)
	return ok
}

// pvUseTables has tables made of the memory of r from now on. Xen makes no page table of a page that can be written.
func pvUseTables(r boot.Range) {
	memclrNoHeapPointers(physPointer(uintptr(r.Start)), uintptr(r.Size()))
	for pa := uintptr(r.Start); pa < uintptr(r.End); pa += pageSize4K {
		pvReadOnly(pa)
	}
	vmTables.memory, vmTables.next = r, uintptr(r.Start)
}

// pvReadOnly takes the right to write the page at pa from the linear mapping.
func pvReadOnly(pa uintptr) {
	e := vmEntry(physBase+pa, 0, false)
	e.write(*e &^ pteW)
}

// pvReplace maps a frame that is not the guest's in the linear mapping, in place of the page at pa.
func pvReplace(pa uintptr, frame uint64) {
	e := vmEntry(physBase+pa, 0, false)
	e.write(*e&^pteAddr | pte(frame)*pageSize4K)
	pvFlush(physBase+pa, 1)
}

// A pvExtOp is mmuext_op, of xen/include/public/xen.h.
type pvExtOp struct {
	command uint64
	at      uintptr
	_       uint64
}

const (
	extFlushAll = 10 // MMUEXT_TLB_FLUSH_ALL
	extForget   = 11 // MMUEXT_INVLPG_ALL
)

func pvExt(ops []pvExtOp) {
	if r := pvTables(pvMMUExtOp, unsafe.Pointer(unsafe.SliceData(ops)), uintptr(len(ops))); r != 0 {
		throw("Xen does not flush the TLB")
	}
}

// pvFlush makes all CPUs forget n pages from va on.
func pvFlush(va, n uintptr) {
	var ops [32]pvExtOp
	if n > uintptr(len(ops)) {
		pvFlushAll()
		return
	}
	for i := range ops[:n] {
		ops[i] = pvExtOp{command: extForget, at: va + uintptr(i)*pageSize4K}
	}
	pvExt(ops[:n])
}

// pvFlushAll makes all CPUs forget all pages.
func pvFlushAll() {
	op := [1]pvExtOp{{command: extFlushAll}}
	pvExt(op[:])
}

// pvPopulate makes pages of the heap present that are about to be used. A stack may be made of them.
func pvPopulate(lo, hi uintptr) {
	const most = 64 * pageSize4K // with interrupts off
	for ; lo < hi; lo += most {
		short := false
		onTrapStack(func() {
			none := uintptr(0) // no blocks
			flags := vmLock.share()
			for va := lo; va < min(hi, lo+most) && !short; va += pageSize4K {
				short = vmFill(va, vmRead|vmWrite, &none) == vmNoMemory
			}
			vmLock.unshare(flags)
		})
		if short {
			throw("runtime: out of memory")
		}
	}
}
