//go:build !mirage

package virtiotest

import (
	"internal/mirage/dma"
	"sync"
)

// A Ring is the device's side of a split virtqueue (virtio 1.2 section 2.7), in memory that the driver named by
// physical addresses. One goroutine may take chains, and many say that they are used.
type Ring struct {
	Size              int
	Desc, Avail, Used uint64
	EventIndex        bool

	next uint16 // available entries taken

	using sync.Mutex
	done  uint16 // used entries written
}

// A Chain is one request: copies of the descriptors' places.
type Chain struct {
	Head    uint16
	Out, In []Buffer
	Tables  int // indirect tables met
}

// A Buffer is a piece of memory, where the driver put it.
type Buffer struct {
	Addr uint64
	Len  uint32
}

// Bytes is the buffer's memory, nil when the address is not the driver's memory.
func (b Buffer) Bytes() []byte {
	m, off := dma.At(b.Addr, int(b.Len))
	if m == nil {
		return nil
	}
	return m.Bytes()[off : off+int(b.Len)]
}

func word(addr uint64, width int) (*dma.Memory, int) {
	m, off := dma.At(addr, width)
	if m == nil {
		panic("virtiotest: the driver named memory that is not there")
	}
	return m, off
}

func load16(addr uint64) uint16 { m, off := word(addr, 2); return m.Load16(off) }
func load32(addr uint64) uint32 { m, off := word(addr, 4); return m.Load32(off) }
func load64(addr uint64) uint64 { m, off := word(addr, 8); return m.Load64(off) }

func store16(addr uint64, v uint16) { m, off := word(addr, 2); m.Store16(off, v) }
func store32(addr uint64, v uint32) { m, off := word(addr, 4); m.Store32(off, v) }

// Pop takes the next chain that the driver made available.
func (r *Ring) Pop() (c Chain, ok bool) {
	if load16(r.Avail+2) == r.next {
		return c, false
	}
	c.Head = load16(r.Avail + 4 + 2*uint64(r.next%uint16(r.Size)))
	r.next++
	c.walk(r.Desc, uint32(c.Head), r.Size)
	return c, true
}

// walk follows a chain in a table of n descriptors.
func (c *Chain) walk(table uint64, i uint32, n int) {
	for range n {
		if int(i) >= n {
			panic("virtiotest: descriptor outside of its table")
		}
		d := table + 16*uint64(i)
		b := Buffer{load64(d), load32(d + 8)}
		flags := load16(d + 12)
		switch {
		case flags&4 != 0:
			if flags&1 != 0 || c.Tables > 0 {
				panic("virtiotest: an indirect descriptor with a next one, or in an indirect table")
			}
			c.Tables++
			c.walk(b.Addr, 0, int(b.Len/16))
		case flags&2 != 0:
			c.In = append(c.In, b)
		default:
			if len(c.In) > 0 {
				panic("virtiotest: a buffer to read behind one to write")
			}
			c.Out = append(c.Out, b)
		}
		if flags&1 == 0 {
			return
		}
		i = uint32(load16(d + 14))
	}
	panic("virtiotest: a chain that loops")
}

// An Element says that a chain is used, and how many bytes were written to it.
type Element struct{ ID, Written uint32 }

// Push says that the chain is used and that written bytes were written, and reports whether the driver wants an interrupt.
func (r *Ring) Push(head uint16, written uint32) (interrupt bool) {
	return r.PushAll(Element{uint32(head), written})
}

// PushAll appends elements, whatever they say, which the driver sees all at once.
func (r *Ring) PushAll(elements ...Element) (interrupt bool) {
	r.using.Lock()
	defer r.using.Unlock()
	old := r.done
	for _, e := range elements {
		at := r.Used + 4 + 8*uint64(r.done%uint16(r.Size))
		store32(at, e.ID)
		store32(at+4, e.Written)
		r.done++
	}
	store16(r.Used+2, r.done)
	return r.wanted(old)
}

func (r *Ring) wanted(old uint16) bool {
	if r.EventIndex {
		event := load16(r.Avail + 4 + 2*uint64(r.Size))
		return r.done-event-1 < r.done-old
	}
	return load16(r.Avail)&1 == 0
}

// Pending reports whether the driver made something available that Pop has not taken.
func (r *Ring) Pending() bool { return load16(r.Avail+2) != r.next }

// Sleep says that the device wants to be notified of the next available entry, and reports whether one is there.
func (r *Ring) Sleep() (pending bool) {
	if r.EventIndex {
		store16(r.Used+4+8*uint64(r.Size), r.next)
	} else {
		store16(r.Used, 0)
	}
	return r.Pending()
}

// Busy says that the device looks by itself and wants no notification.
func (r *Ring) Busy() {
	if r.EventIndex {
		store16(r.Used+4+8*uint64(r.Size), r.next-1)
	} else {
		store16(r.Used, 1)
	}
}
