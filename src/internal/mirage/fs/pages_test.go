//go:build !mirage

package fs

import (
	"bytes"
	"internal/mirage/linuxabi/linux"
	"math/rand"
	"testing"
)

// ramPages is Pages in ordinary memory. Its base is a copy, as that of a mapping is.
type ramPages struct {
	base  []byte
	size  int64
	pages map[int64][]byte
	freed bool
}

func (p *ramPages) Page(index int64) []byte { return p.pages[index] }

func (p *ramPages) Own(index int64) []byte {
	b := p.pages[index]
	if b == nil {
		b = make([]byte, pageSize)
		if off := index * pageSize; off < int64(len(p.base)) {
			copy(b, p.base[off:])
		}
		p.pages[index] = b
	}
	return b
}

func (p *ramPages) Resize(size int64) {
	if size < p.size {
		for index, b := range p.pages {
			if off := index * pageSize; off >= size {
				delete(p.pages, index)
			} else if off+pageSize > size {
				clear(b[size-off:])
			}
		}
		p.base = p.base[:min(int64(len(p.base)), size)]
	}
	p.size = size
}

func (p *ramPages) Drop(first, last int64) {
	for index := range p.pages {
		if first <= index && index < last {
			delete(p.pages, index)
		}
	}
}

func (p *ramPages) Held() int64   { return int64(len(p.pages)) * pageSize }
func (p *ramPages) Written() bool { return false }
func (p *ramPages) Free()         { p.freed = true }

// noise is what files hold here: made once, as fuzzing makes many files.
var noise = func() []byte {
	b := make([]byte, 2*chunkSize)
	rand.New(rand.NewSource(1)).Read(b)
	return b
}()

// A file answers the same whether it has been mapped or not, at whatever moment that happened.
func FuzzMappedFile(f *testing.F) {
	for seed := range int64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed int64) {
		r := rand.New(rand.NewSource(seed))
		plain, mapped := New(1<<30, now), New(1<<30, now)
		mapped.SetPager(func(base []byte) Pages {
			return &ramPages{base: base, size: int64(len(base)), pages: map[int64][]byte{}}
		})
		a, _ := plain.NewFile(0o644)
		b, _ := mapped.NewFile(0o644)
		base := noise[:r.Intn(2*chunkSize)]
		a.place(base)
		b.place(base)
		at := r.Intn(10)
		for i := range 15 {
			if i == at {
				if _, e := b.Map(); e != 0 {
					t.Fatal(e)
				}
			}
			sameOperation(t, r, a, b)
		}
		b.Release()
		if b.data.pages != nil {
			t.Error("the pages are not freed")
		}
		if _, used, _ := mapped.Usage(); used != 0 {
			t.Errorf("%d bytes are in use after the end", used)
		}
	})
}

func now() int64 { return 1 }

func sameOperation(t *testing.T, r *rand.Rand, a, b *Inode) {
	t.Helper()
	off, n := int64(r.Intn(2*chunkSize)), int64(r.Intn(20000)+1)
	if r.Intn(2) == 0 {
		off, n = off&^(pageSize-1), (n+pageSize-1)&^(pageSize-1)
	}
	data := noise[off%chunkSize:][:n]
	op := r.Intn(6)
	var e1, e2 linux.Errno
	switch op {
	case 0, 1:
		_, e1 = a.WriteAt(data, off)
		_, e2 = b.WriteAt(data, off)
	case 2:
		e1, e2 = a.Truncate(off), b.Truncate(off)
	case 3:
		e1, e2 = a.Allocate(off, n, true, true, false), b.Allocate(off, n, true, true, false)
	case 4:
		e1, e2 = a.Allocate(off, n, false, false, true), b.Allocate(off, n, false, false, true)
	case 5:
		e1, e2 = a.Allocate(off, n, false, false, false), b.Allocate(off, n, false, false, false)
	}
	if e1 != e2 || a.Size() != b.Size() {
		t.Fatalf("operation %d: %v, size %d; mapped: %v, %d", op, e1, a.Size(), e2, b.Size())
	}
	x, y := make([]byte, a.Size()), make([]byte, a.Size())
	i, _ := a.ReadAt(x, 0)
	if j, _ := b.ReadAt(y, 0); i != j || !bytes.Equal(x, y) {
		t.Fatalf("operation %d of %d bytes at %d: the mapped file differs", op, n, off)
	}
}

// What is not a regular file cannot be mapped, and nothing can where there are no pages.
func TestMapRefused(t *testing.T) {
	f := New(1<<20, now)
	n, _ := f.NewFile(0o644)
	if _, e := n.Map(); e != linux.ENODEV {
		t.Errorf("without a pager: %v", e)
	}
	f.SetPager(func([]byte) Pages { return nil })
	if _, e := n.Map(); e != linux.ENOMEM {
		t.Errorf("without memory: %v", e)
	}
	if _, e := f.Root().Map(); e != linux.ENODEV {
		t.Errorf("a directory: %v", e)
	}
}
