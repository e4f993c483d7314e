//go:build mirage

package xen

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/machine"
	"sync"
	"unsafe"
)

// Other domains' pages come where pages of RAM have been, which Xen gets back for as long: so no place has to be found for them
// that is free for sure, and no page table changes. In a guest of the kind PV it is the page table that Xen changes, and the pages'
// own frames wait.

// Hypercalls and commands, of xen/include/public/xen.h, memory.h and grant_table.h.
const (
	grantMap   = 0
	grantUnmap = 1

	grantHostMap = 1 << 1 // GNTMAP_host_map

	listFrames = dma.PageSize / 8 // that fit into one page
)

var (
	errMap  = errors.New("xen: the other domain does not share that page, or is gone")
	errHole = errors.New("xen: no place for the pages of another domain")
)

// frames is a list for Xen to read.
var frames struct {
	mu   sync.Mutex
	list *dma.Memory
}

// exchange does Release or Populate with n pages from addr on, and returns how many Xen has done it with.
func exchange(do func(list *dma.Memory, n int) int, addr uint64, n int) int {
	frames.mu.Lock()
	defer frames.mu.Unlock()
	if frames.list == nil {
		if frames.list = dma.Alloc(dma.PageSize); frames.list == nil {
			return 0
		}
	}
	for i := range n {
		frames.list.Store64(8*i, addr/dma.PageSize+uint64(i))
	}
	return do(frames.list, n)
}

// Map implements Hypervisor.
func (Machine) Map(domain uint16, refs []uint32) (*dma.Memory, func(), error) {
	if len(refs) == 0 || len(refs) > listFrames {
		return nil, nil, errHole
	}
	m := &mapping{Memory: dma.Alloc(len(refs) * dma.PageSize), life: machine.XenLives()}
	if m.Memory == nil {
		return nil, nil, errMemory
	}
	if m.makeHoles(len(refs)); m.holes < len(refs) {
		m.unmap()
		return nil, nil, errHole
	}
	for i, ref := range refs {
		// struct gnttab_map_grant_ref.
		arg := [4]uint64{m.place(i), grantHostMap | uint64(ref)<<32, uint64(domain)}
		arg, r := machine.XenCall(grantOp, grantMap, arg, 1)
		if status := int16(arg[2] >> 16); r != 0 || status != 0 {
			m.unmap()
			return nil, nil, errMap
		}
		m.handles = append(m.handles, uint32(arg[2]>>32))
	}
	return m.Memory, m.unmap, nil
}

// A mapping is memory whose first pages are another domain's, or holes.
type mapping struct {
	*dma.Memory
	holes   int
	handles []uint32 // of the mapped pages, from the first on
	life    uint32   // in which the handles mean something
}

// unmap gives the pages back, and frees the memory that has its own pages again. Where Xen refuses either, it is lost: nobody may
// use it.
func (m *mapping) unmap() {
	if m.life != machine.XenLives() {
		m.handles = nil // the machine was restored with holes
	}
	for i, handle := range m.handles {
		// struct gnttab_unmap_grant_ref.
		arg := [4]uint64{m.place(i), 0, uint64(handle)}
		if arg, r := machine.XenCall(grantOp, grantUnmap, arg, 1); r != 0 || int16(arg[2]>>32) != 0 {
			return
		}
	}
	if m.fillHoles() {
		m.Free()
	}
}

// makeHoles makes the first n pages holes, as many as it can.
func (m *mapping) makeHoles(n int) {
	if !machine.XenPV() {
		m.holes = exchange(Machine{}.Release, m.Addr(), n)
		return
	}
	for ; m.holes < n; m.holes++ {
		machine.XenUnmap(m.page(m.holes))
	}
}

// fillHoles has the pages' own memory be there again, and reports whether it is.
func (m *mapping) fillHoles() bool {
	if !machine.XenPV() {
		return m.holes == 0 || exchange(Machine{}.Populate, m.Addr(), m.holes) == m.holes
	}
	for i := range m.holes {
		machine.XenReplace(m.page(i), machine.XenFrame(m.page(i)))
	}
	return true
}

// page is the physical address of page i.
func (m *mapping) page(i int) uint64 { return m.Addr() + uint64(i)*dma.PageSize }

// place is where Xen maps page i: where a guest of the kind PV sees it.
func (m *mapping) place(i int) uint64 {
	if machine.XenPV() {
		return uint64(uintptr(unsafe.Pointer(&m.Bytes()[i*dma.PageSize])))
	}
	return m.page(i)
}
