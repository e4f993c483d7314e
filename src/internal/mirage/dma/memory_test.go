//go:build !mirage

package dma

import (
	"sync"
	"testing"
)

func TestMemory(t *testing.T) {
	m := Alloc(PageSize + 1)
	if m == nil || m.Len() != 2*PageSize || m.Addr()%PageSize != 0 {
		t.Fatalf("%+v", m)
	}
	m.Store16(2, 0x1122)
	m.Store16(0, 0x3344)
	m.Store32(4, 0x55667788)
	m.Store64(8, 0x99aabbccddeeff00)
	if m.Load16(2) != 0x1122 || m.Load16(0) != 0x3344 || m.Load32(0) != 0x11223344 || m.Load32(4) != 0x55667788 || m.Load64(8) != 0x99aabbccddeeff00 {
		t.Fatalf("% x", m.Bytes()[:16])
	}
	if b := m.Bytes(); len(b) != m.Len() || b[0] != 0x44 || b[15] != 0x99 {
		t.Fatalf("bytes are not little-endian: % x", b[:16])
	}
	if m.CompareAndSwap32(4, 0, 1) || !m.CompareAndSwap32(4, 0x55667788, 1) || m.Load32(4) != 1 {
		t.Fatalf("% x", m.Bytes()[:16])
	}
	n, off := At(m.Addr()+PageSize+8, 8)
	if n != m || off != PageSize+8 {
		t.Fatalf("At = %p, %d", n, off)
	}
	if n, _ := At(m.Addr()+2*PageSize-1, 2); n != nil {
		t.Fatal("At found bytes behind the end")
	}
	addr := m.Addr()
	m.Free()
	if n, _ := At(addr, 1); n != nil {
		t.Fatal("At found freed memory")
	}
}

func TestAllocRefusesNothing(t *testing.T) {
	if Alloc(0) != nil || Alloc(-1) != nil {
		t.Fatal("got memory of no size")
	}
}

// Uncached memory is found by its address as other memory is, and its addresses are used again.
func TestUncached(t *testing.T) {
	a, b := AllocUncached(2*PageSize), AllocUncached(1)
	if m, off := At(a.Addr()+2*PageSize-4, 4); m != a || off != 2*PageSize-4 {
		t.Fatalf("At = %p, %d", m, off)
	}
	if b.Addr() < a.Addr()+3*PageSize || b.Addr() >= 1<<30 {
		t.Fatalf("%#x behind %#x", b.Addr(), a.Addr())
	}
	first := a.Addr()
	a.Free()
	if c := AllocUncached(PageSize); c.Addr() != first {
		t.Fatalf("%#x, want %#x", c.Addr(), first)
	}
}

func TestOutsideIsABug(t *testing.T) {
	m := Alloc(PageSize)
	for name, f := range map[string]func(){
		"Load16 at the end":        func() { m.Load16(PageSize) },
		"Load32 across the end":    func() { m.Load32(PageSize - 2) },
		"Store64 across the end":   func() { m.Store64(PageSize-4, 1) },
		"Store32 before the start": func() { m.Store32(-4, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			f()
		}()
	}
}

// The halves of a word belong to two writers (a ring's flags and index): neither may undo the other's store.
func TestNeighboursInAWord(t *testing.T) {
	m := Alloc(PageSize)
	var wg sync.WaitGroup
	for half := range 2 {
		wg.Go(func() {
			for i := range uint16(10000) {
				m.Store16(2*half, i)
				if got := m.Load16(2 * half); got != i {
					t.Errorf("half %d: stored %d, loaded %d", half, i, got)
					return
				}
			}
		})
	}
	wg.Wait()
}
