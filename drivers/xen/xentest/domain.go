//go:build !mirage

package xentest

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"internal/mirage/irq"
	"sync"
)

// Peer is the domain at the other end of everything.
const Peer = 3

// A Domain is a guest, as Xen sees it. It implements xen.Hypervisor.
type Domain struct {
	MaxFrames int // of the grant table, 0: no limit

	mu     sync.Mutex
	params map[xen.Param]uint64
	shared map[uint64]*dma.Memory
	ports  map[uint32]*port
	next   uint32
	grants []*dma.Memory
	other  *Domain // that is Peer; nil: none that does anything
}

type port struct {
	line     *irq.Event
	notified func()
	remote   uint32 // the port at the other domain's end, 0: it is not bound
}

// New returns a guest without devices.
func New() *Domain {
	return &Domain{params: map[xen.Param]uint64{}, shared: map[uint64]*dma.Memory{}, ports: map[uint32]*port{}, next: 1}
}

// Connect makes a page and an event channel of the toolstack's that parameters name, and has notified called on the
// guest's events.
func (d *Domain) Connect(frame, channel xen.Param, notified func()) (mem *dma.Memory, number uint32) {
	mem = dma.Alloc(dma.PageSize)
	d.mu.Lock()
	defer d.mu.Unlock()
	at := 0xfeff0 + uint64(frame)
	d.shared[at] = mem
	number = d.open(notified)
	d.params[frame], d.params[channel] = at, uint64(number)
	return mem, number
}

func (d *Domain) open(notified func()) uint32 {
	d.next++
	d.ports[d.next] = &port{line: irq.NewEvent(), notified: notified}
	return d.next
}

// Param implements xen.Hypervisor.
func (d *Domain) Param(p xen.Param) uint64 { return d.params[p] }

// Shared implements xen.Hypervisor.
func (d *Domain) Shared(frame uint64) *dma.Memory { return d.shared[frame] }

// Frame implements xen.Hypervisor.
func (d *Domain) Frame(addr uint64) uint64 { return addr / dma.PageSize }

// Place implements xen.Hypervisor.
func (d *Domain) Place(s xen.Space, index int, mem *dma.Memory) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s != xen.GrantFrames || index != len(d.grants) || d.MaxFrames > 0 && index == d.MaxFrames {
		return errors.New("xentest: no such page")
	}
	clear(mem.Bytes())
	d.grants = append(d.grants, mem)
	return nil
}

// Listen implements xen.Hypervisor.
func (d *Domain) Listen(domain uint16) (uint32, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if domain != Peer {
		return 0, errors.New("xentest: no such domain")
	}
	return d.open(func() {}), nil
}

// OnEvent has f called on the guest's events at a port that Listen gave.
func (d *Domain) OnEvent(number uint32, f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.ports[number]; p != nil { // it has not closed it meanwhile
		p.notified = f
	}
}

// Line implements xen.Hypervisor.
func (d *Domain) Line(number uint32) (irq.Line, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.ports[number]; p != nil {
		return p.line, nil
	}
	return nil, errors.New("xentest: no such port")
}

// Notify implements xen.Hypervisor.
func (d *Domain) Notify(number uint32) {
	d.mu.Lock()
	p := d.ports[number]
	d.mu.Unlock()
	if p != nil {
		p.notified()
	}
}

// Raise sends the guest an event.
func (d *Domain) Raise(number uint32) {
	d.mu.Lock()
	p := d.ports[number]
	d.mu.Unlock()
	if p != nil {
		p.line.Raise()
	}
}

// Close implements xen.Hypervisor. The other end stays, and hears nothing of it.
func (d *Domain) Close(number uint32) {
	d.mu.Lock()
	p := d.ports[number]
	delete(d.ports, number)
	d.mu.Unlock()
	if p != nil && p.remote != 0 {
		d.other.mu.Lock()
		defer d.other.mu.Unlock()
		if end := d.other.ports[p.remote]; end != nil {
			end.remote, end.notified = 0, func() {}
		}
	}
}

// Ports is the number of open event channels.
func (d *Domain) Ports() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.ports)
}

// Flags of grant_entry_v1: xen/include/public/grant_table.h.
const (
	permit   = 1
	readOnly = 4
	reading  = 8
	writing  = 16
)

// Grant returns the page that a reference gives Peer, and whether it may be written; nil when it gives nothing.
func (d *Domain) Grant(ref uint32) (page []byte, write bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ref < 8 || int(ref/512) >= len(d.grants) {
		return nil, false
	}
	table, off := d.grants[ref/512], int(ref%512)*8
	word := table.Load32(off)
	if word&3 != permit || word>>16 != Peer {
		return nil, false
	}
	m, at := dma.At(uint64(table.Load32(off+4))<<12, dma.PageSize)
	if m == nil {
		return nil, false
	}
	return m.Bytes()[at : at+dma.PageSize], word&readOnly == 0
}

// SetMapped says that Peer has the page of a reference mapped, or no more.
func (d *Domain) SetMapped(ref uint32, mapped bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	table, off := d.grants[ref/512], int(ref%512)*8
	word := table.Load32(off) &^ (reading | writing)
	if mapped {
		word |= reading
	}
	table.Store32(off, word)
}

// Grants is the number of references that give Peer something.
func (d *Domain) Grants() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, table := range d.grants {
		for off := 0; off < dma.PageSize; off += 8 {
			if word := table.Load32(off); word&3 == permit && word>>16 == Peer {
				n++
			}
		}
	}
	return n
}
