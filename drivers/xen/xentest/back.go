//go:build !mirage

package xentest

import "internal/mirage/dma"

// A Back is the back end's side of a ring (xen/include/public/io/ring.h).
type Back struct {
	Mem   *dma.Memory // Peer's mapping, which the guest's freeing of the page does not touch
	Entry int         // bytes
	Size  uint32

	taken, made uint32
}

// NewBack returns the other side of the ring in a granted page, or in several in a row.
func (d *Domain) NewBack(entry int, refs ...uint32) *Back {
	size := len(refs) * dma.PageSize
	d.mu.Lock()
	m, _ := dma.Map(uint64(d.grants[refs[0]/512].Load32(int(refs[0]%512)*8+4))<<12, size)
	d.mu.Unlock()
	if m == nil {
		m = dma.Alloc(size) // the guest has taken it back meanwhile: Peer is alone with what it wrote
	}
	b := &Back{Mem: m, Entry: entry, Size: 1}
	for int(b.Size)*2*entry <= size-64 {
		b.Size *= 2
	}
	return b
}

// Requests is the number of requests that have not been taken.
func (b *Back) Requests() int { return int(b.Mem.Load32(0) - b.taken) }

// Take returns the next request.
func (b *Back) Take() (words []uint32, ok bool) {
	if b.Requests() == 0 {
		return nil, false
	}
	words = make([]uint32, b.Entry/4)
	for i := range words {
		words[i] = b.Mem.Load32(b.place(b.taken) + 4*i)
	}
	b.taken++
	return words, true
}

// Sleep asks for an event at the next request, and reports whether there is none yet.
func (b *Back) Sleep() bool {
	b.Mem.Store32(4, b.taken+1)
	return b.Requests() == 0
}

// Put writes a response, which the front end can see once Push is called.
func (b *Back) Put(words ...uint32) {
	for i, w := range words {
		b.Mem.Store32(b.place(b.made)+4*i, w)
	}
	b.made++
}

// Push shows the responses, and reports whether the front end wants an event.
func (b *Back) Push() bool {
	old := b.Mem.Load32(8)
	b.Mem.Store32(8, b.made)
	return b.made-b.Mem.Load32(12) < b.made-old
}

func (b *Back) place(i uint32) int { return 64 + int(i%b.Size)*b.Entry }
