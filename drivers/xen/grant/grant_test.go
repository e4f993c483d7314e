//go:build !mirage

package grant

import (
	"bytes"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/xentest"
	"testing"
)

// Shared memory is zeroed, the other domain's alone and only that memory, and writable only where that is said.
func TestAlloc(t *testing.T) {
	d := xentest.New()
	table := New(d)
	m, err := table.Alloc(xentest.Peer, 3*dma.PageSize, true)
	if err != nil {
		t.Fatal(err)
	}
	n, err := table.Alloc(xentest.Peer, 100, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		page, write := d.Grant(m.Ref(i*dma.PageSize + 17))
		if !bytes.Equal(page, make([]byte, dma.PageSize)) || !write {
			t.Fatalf("page %d: writable %v, % x...", i, write, page[:8])
		}
		m.Bytes()[i*dma.PageSize+5] = byte(i + 1)
		if page[5] != byte(i+1) {
			t.Errorf("page %d is another", i)
		}
	}
	if page, write := d.Grant(n.Ref(0)); page == nil || write {
		t.Errorf("a page to be read: %v", write)
	}
	if d.Grants() != 4 {
		t.Errorf("%d pages shared, want 4", d.Grants())
	}
	if other, _ := table.Alloc(xentest.Peer+1, 100, true); d.Grants() != 4 {
		t.Errorf("another domain's page is shared with this one: %v", other)
	}
}

// grant_table.h, "Introducing and revoking": a right ends when nobody has the page mapped, and only then is the memory used
// again.
func TestClose(t *testing.T) {
	d := xentest.New()
	table := New(d)
	m, err := table.Alloc(xentest.Peer, 2*dma.PageSize, true)
	if err != nil {
		t.Fatal(err)
	}
	addr, held, free := m.Addr(), m.Ref(dma.PageSize), m.Ref(0)
	d.SetMapped(held, true)
	if m.Close() {
		t.Fatal("memory is freed that the other domain has mapped")
	}
	if page, _ := d.Grant(free); page != nil || d.Grants() != 1 {
		t.Error("a right that can end does not")
	}
	if mem, _ := dma.At(addr, 1); mem == nil {
		t.Fatal("memory is freed that the other domain has mapped")
	}
	d.SetMapped(held, false)
	if !m.Close() || d.Grants() != 0 {
		t.Error("the right does not end")
	}
	if mem, _ := dma.At(addr, 1); mem != nil {
		t.Error("the memory is not freed")
	}
	if !m.Close() {
		t.Error("a second Close")
	}
}

// A thousand devices come and go, and the table is as large as at first, its reserved part untouched.
func TestReuse(t *testing.T) {
	d := xentest.New()
	table := New(d)
	for range 1000 {
		m, err := table.Alloc(xentest.Peer, 20*dma.PageSize, true)
		if err != nil {
			t.Fatal(err)
		}
		if !m.Close() {
			t.Fatal("a right does not end")
		}
	}
	if len(table.pages) != 1 || len(table.free) != perPage-reserved {
		t.Errorf("%d pages with %d free entries", len(table.pages), len(table.free))
	}
}

// A full table is an error, and what was shared for nothing is shared no more.
func TestFull(t *testing.T) {
	d := xentest.New()
	d.MaxFrames = 1
	table := New(d)
	if _, err := table.Alloc(xentest.Peer, 505*dma.PageSize, true); err == nil {
		t.Fatal("505 rights in a table for 504")
	}
	if d.Grants() != 0 {
		t.Errorf("%d pages stay shared", d.Grants())
	}
	if _, err := table.Alloc(xentest.Peer, 504*dma.PageSize, true); err != nil {
		t.Error(err)
	}
}
