//go:build !mirage

package xentest

import "internal/mirage/dma"

// Restore makes the guest another domain, as it is restored: rights are void, and the rest of the ports lead nowhere.
func (d *Domain) Restore() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, table := range d.grants {
		for off := 0; off < dma.PageSize; off += 4 {
			table.Store32(off, 0)
		}
	}
	for _, p := range d.ports {
		p.remote = 0
	}
}

// Restore makes the store another domain's: the ring is empty, and nobody watches.
func (s *Store) Restore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watches, s.in, s.out = nil, nil, nil
	for off := 0; off < dma.PageSize; off += 4 {
		s.page.Store32(off, 0)
	}
}
