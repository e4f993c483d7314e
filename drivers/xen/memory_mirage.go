//go:build mirage

package xen

import (
	"internal/mirage/dma"
	"internal/mirage/machine"
	"unsafe"
)

// Commands of xen/include/public/memory.h.
const (
	memoryRelease  = 1 // XENMEM_decrease_reservation
	memoryPopulate = 6 // XENMEM_populate_physmap
)

// Release implements balloon.Reservation.
func (Machine) Release(list *dma.Memory, n int) int {
	if !machine.XenPV() {
		return reserve(memoryRelease, list, n)
	}
	// Of this kind of guest Xen takes frames, by their own numbers, that nothing maps.
	pages := numbers(list, n)
	for i, page := range pages {
		list.Store64(8*i, machine.XenFrame(page*dma.PageSize))
		machine.XenUnmap(page * dma.PageSize)
	}
	done := reserve(memoryRelease, list, n)
	for i, page := range pages {
		frame := ^uint64(0)
		if i >= done {
			frame = list.Load64(8 * i)
		}
		machine.XenReplace(page*dma.PageSize, frame)
		list.Store64(8*i, page)
	}
	return done
}

// Populate implements balloon.Reservation.
func (Machine) Populate(list *dma.Memory, n int) int {
	if !machine.XenPV() {
		return reserve(memoryPopulate, list, n)
	}
	// This kind of guest is told the frames, in the same list, and maps them.
	pages := numbers(list, n)
	done := reserve(memoryPopulate, list, n)
	for i, page := range pages {
		if i < done {
			machine.XenReplace(page*dma.PageSize, list.Load64(8*i))
		}
		list.Store64(8*i, page)
	}
	return done
}

// numbers returns what is in a list of n pages.
func numbers(list *dma.Memory, n int) []uint64 {
	pages := make([]uint64, n)
	for i := range pages {
		pages[i] = list.Load64(8 * i)
	}
	return pages
}

// reserve does a command with a list. The structure is xen_memory_reservation, with pages of order 0.
func reserve(command uint32, list *dma.Memory, n int) int {
	at := uint64(uintptr(unsafe.Pointer(&list.Bytes()[0])))
	_, done := machine.XenCall(memoryOp, command, [4]uint64{at, uint64(n), 0, Self}, 0)
	return max(0, done)
}
