//go:build !mirage

package xentest

import (
	"errors"
	"internal/mirage/dma"
)

// Pair makes two guests each other's Peer.
func Pair(a, b *Domain) { a.other, b.other = b, a }

// Bind implements xen.Hypervisor.
func (d *Domain) Bind(domain uint16, remote uint32) (uint32, error) {
	o := d.other
	if o == nil || domain != Peer {
		return 0, errors.New("xentest: no such domain")
	}
	d.mu.Lock()
	number := d.open(func() { o.Raise(remote) })
	d.ports[number].remote = remote
	d.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.ports[remote]
	if p == nil || p.remote != 0 {
		d.mu.Lock()
		delete(d.ports, number)
		d.mu.Unlock()
		return 0, errors.New("xentest: nobody listens at that port")
	}
	p.remote, p.notified = number, func() { d.Raise(number) }
	return number, nil
}

// Bound implements xen.Hypervisor.
func (d *Domain) Bound(number uint32) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.ports[number]
	return p != nil && p.remote != 0
}

// Map implements xen.Hypervisor. Pages that are mapped together must lie together.
func (d *Domain) Map(domain uint16, refs []uint32) (*dma.Memory, func(), error) {
	o := d.other
	if o == nil || domain != Peer {
		return nil, nil, errors.New("xentest: no such domain")
	}
	mapped := 0
	unmap := func() {
		for _, ref := range refs[:mapped] {
			o.SetMapped(ref, false)
		}
	}
	var mem *dma.Memory
	for i, ref := range refs {
		page, write := o.Grant(ref)
		if page != nil {
			o.SetMapped(ref, true)
			mapped++
		}
		m, off := o.frame(ref)
		if i == 0 {
			mem = m
		}
		if page == nil || !write || m != mem || off != i*dma.PageSize {
			unmap()
			return nil, nil, errors.New("xentest: the other domain does not share that")
		}
	}
	return mem, unmap, nil
}

// frame is where the page of a reference lies.
func (d *Domain) frame(ref uint32) (m *dma.Memory, off int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if int(ref/512) >= len(d.grants) {
		return nil, 0
	}
	return dma.At(uint64(d.grants[ref/512].Load32(int(ref%512)*8+4))<<12, dma.PageSize)
}

// End ends the guest: its event channels are closed, and it says nothing of that.
func (d *Domain) End() {
	d.mu.Lock()
	var all []uint32
	for number := range d.ports {
		all = append(all, number)
	}
	d.mu.Unlock()
	for _, number := range all {
		d.Close(number)
	}
}
