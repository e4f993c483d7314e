package grant

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"sync"
)

var (
	errFull   = errors.New("xen: the grant table is full")
	errMemory = errors.New("xen: no memory to share")
	errFrame  = errors.New("xen: a page lies too high to be shared")
)

// struct grant_entry_v1: flags and domain in one word, then the frame.
const (
	entrySize = 8
	frame     = 4
	perPage   = dma.PageSize / entrySize

	permit   = 1 << 0 // GTF_permit_access
	readOnly = 1 << 2
	reading  = 1 << 3 // Xen's: the page is mapped
	writing  = 1 << 4
	domain   = 16 // shift

	reserved = 8  // references that the tool stack uses: GNTTAB_NR_RESERVED_ENTRIES
	maxPages = 64 // of the table, as Xen has by default
)

// A Ref names a right.
type Ref uint32

// A Table is the machine's grant table.
type Table struct {
	hypervisor xen.Hypervisor

	mu    sync.Mutex
	pages []*dma.Memory // the table, which grows
	free  []Ref
	held  []*Memory // closed, but the other domain had them mapped
}

// New returns the machine's grant table. There is one.
func New(h xen.Hypervisor) *Table { return &Table{hypervisor: h} }

// sweep frees what was held and is not any more.
func (t *Table) sweep() {
	t.mu.Lock()
	held := t.held
	t.held = nil
	t.mu.Unlock()
	for _, m := range held {
		m.Close()
	}
}

// entry is where the entry of a right lies.
func (t *Table) entry(r Ref) (mem *dma.Memory, off int) {
	return t.pages[r/perPage], int(r%perPage) * entrySize
}

// grow makes the table a page larger.
func (t *Table) grow() error {
	n := len(t.pages)
	if n == maxPages {
		return errFull
	}
	mem := dma.Alloc(dma.PageSize)
	if mem == nil {
		return errMemory
	}
	if err := t.hypervisor.Place(xen.GrantFrames, n, mem); err != nil {
		return err // the page may be gone: it is not freed
	}
	t.pages = append(t.pages, mem)
	for r := (n+1)*perPage - 1; r >= max(n*perPage, reserved); r-- {
		t.free = append(t.free, Ref(r))
	}
	return nil
}

// give lets a domain reach the page at addr.
func (t *Table) give(to uint16, addr uint64, write bool) (Ref, error) {
	number := t.hypervisor.Frame(addr)
	if number>>32 != 0 {
		return 0, errFrame
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.free) == 0 {
		if err := t.grow(); err != nil {
			return 0, err
		}
	}
	r := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	mem, off := t.entry(r)
	mem.Store32(off+frame, uint32(number))
	// The frame, and what was written to it, is to be seen before the right.
	dma.WriteBarrier()
	flags := uint32(permit) | uint32(to)<<domain
	if !write {
		flags |= readOnly
	}
	mem.Store32(off, flags)
	return r, nil
}

// end takes a right back, and reports whether it has ended: not while the other domain has the page mapped.
func (t *Table) end(r Ref) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	mem, off := t.entry(r)
	for {
		flags := mem.Load32(off)
		if flags&(reading|writing) != 0 {
			return false
		}
		// Xen sets the bits for a mapping in the same word, so that none comes in between.
		if mem.CompareAndSwap32(off, flags, 0) {
			break
		}
	}
	t.free = append(t.free, r)
	return true
}
