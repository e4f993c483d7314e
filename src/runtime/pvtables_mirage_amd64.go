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

// pvUnmap takes the page at pa out of the linear mapping, which is the only place where it is, so that Xen may have its frame or
// map another there.
func pvUnmap(pa uintptr) {
	vmEntry(physBase+pa, 0, false).write(0)
	pvFlush(physBase+pa, 1)
}

// pvReplace makes a frame be the page at pa, or pvNoFrame, when it is unmapped.
func pvReplace(pa uintptr, frame uint64) {
	*pvListed(uint64(pa) / pageSize4K) = frame
	if frame == pvNoFrame {
		return
	}
	vmEntry(physBase+pa, 0, false).write(pte(frame)*pageSize4K | leafEntry(0, 0, vmRead|vmWrite, false))
	pvFlush(physBase+pa, 1)
}

// pvGrants are the frames of the grant table, as Xen tells them.
var pvGrants [len(xenPlaced.pages)]uint64

// pvPlace is xenPage.place: Xen's pages do not move here, it says in which frame one is, and that is mapped. The structure is
// gnttab_setup_table.
func pvPlace(p xenPage) int {
	const grantFrames, grantOp, grantSetupTable = 1, 20, 2
	if p.space != grantFrames || p.index >= uint64(len(pvGrants)) {
		return -22 // EINVAL
	}
	arg, r := xenCall(grantOp, grantSetupTable, xenArg{domainSelf | (p.index+1)<<32, 0, uint64(uintptr(unsafe.Pointer(&pvGrants)))}, 1)
	if status := int16(arg[1]); r == 0 && status != 0 { // GNTST_*
		r = int(status)
	}
	if r == 0 {
		xenReplace(uintptr(p.phys), pvGrants[p.index])
	}
	return r
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
