//go:build mirage

package runtime

import _ "unsafe" // for linkname

// Xen, as package internal/mirage/machine has it.

//go:linkname machine_xen internal/mirage/machine.runtime_xen
func machine_xen() bool { return xenShared != nil }

//go:linkname machine_xenPV internal/mirage/machine.runtime_xenPV
func machine_xenPV() bool { return xenPV }

//go:linkname machine_xenParam internal/mirage/machine.runtime_xenParam
func machine_xenParam(index uint64) uint64 { return xenParam(index) }

//go:linkname machine_xenFrame internal/mirage/machine.runtime_xenFrame
func machine_xenFrame(phys uint64) uint64 {
	if xenPV {
		phys = uint64(pvFrame(uintptr(phys)))
	}
	return phys / pageSize4K
}

//go:linkname machine_xenUnmap internal/mirage/machine.runtime_xenUnmap
func machine_xenUnmap(phys uint64) {
	onTrapStack(func() {
		flags := vmLock.lock()
		pvUnmap(uintptr(phys))
		vmLock.unlock(flags)
	})
}

//go:linkname machine_xenReplace internal/mirage/machine.runtime_xenReplace
func machine_xenReplace(phys, frame uint64) { xenReplace(uintptr(phys), frame) }

func xenReplace(pa uintptr, frame uint64) {
	onTrapStack(func() {
		flags := vmLock.lock()
		pvReplace(pa, frame)
		vmLock.unlock(flags)
	})
}

//go:linkname machine_xenCall internal/mirage/machine.runtime_xenCall
func machine_xenCall(op, command uint32, arg [4]uint64, n int) ([4]uint64, int) {
	return xenCall(uintptr(op), uintptr(command), arg, uintptr(n))
}

//go:linkname machine_xenListen internal/mirage/machine.runtime_xenListen
func machine_xenListen(domain uint16) (uint32, int) { return xenListen(domain) }

//go:linkname machine_xenBind internal/mirage/machine.runtime_xenBind
func machine_xenBind(domain uint16, remote uint32) (uint32, int) { return xenBind(domain, remote) }

//go:linkname machine_xenClose internal/mirage/machine.runtime_xenClose
func machine_xenClose(port uint32) { xenClose(port) }

//go:linkname machine_xenLine internal/mirage/machine.runtime_xenLine
func machine_xenLine(port uint32) int32 { return xenLine(port) }

//go:linkname machine_freeXenLine internal/mirage/machine.runtime_freeXenLine
func machine_freeXenLine(line int32, port uint32) { xenFreeLine(line, port) }

//go:linkname machine_xenPlace internal/mirage/machine.runtime_xenPlace
func machine_xenPlace(space uint32, index, phys uint64) int { return xenPlace(space, index, phys) }

//go:linkname machine_xenSuspend internal/mirage/machine.runtime_xenSuspend
func machine_xenSuspend() int { return xenSuspend() }

//go:linkname machine_xenLives internal/mirage/machine.runtime_xenLives
func machine_xenLives() uint32 { return xenLives.Load() }

//go:linkname machine_xenReboot internal/mirage/machine.runtime_xenReboot
func machine_xenReboot() { xenReboot.Store(true) }

//go:linkname machine_mapShared internal/mirage/machine.runtime_mapShared
func machine_mapShared(phys uint64) uintptr {
	if phys >= physLimit || !vmMapPages(physBase+uintptr(phys), uintptr(phys), pageSize4K, vmRead|vmWrite, false) {
		return 0
	}
	return physBase + uintptr(phys)
}
