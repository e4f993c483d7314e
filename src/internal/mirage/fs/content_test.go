//go:build !mirage

package fs

import (
	"bytes"
	"internal/mirage/linuxabi/linux"
	"math"
	"math/rand"
	"testing"
)

// TestContent compares a file with a slice through random writes, cuts and holes, with and without a base.
func TestContent(t *testing.T) {
	const most = 5 * chunkSize
	for seed := range int64(50) {
		r := rand.New(rand.NewSource(seed))
		f := New(1<<30, func() int64 { return 0 })
		n, _ := f.NewFile(0o600)
		var want []byte
		if seed%2 == 0 {
			want = make([]byte, r.Intn(most))
			r.Read(want)
			n.place(bytes.Clone(want))
		}
		grow := func(size int) {
			if size > len(want) {
				want = append(want, make([]byte, size-len(want))...)
			}
		}
		for range 60 {
			off, size := r.Intn(most), r.Intn(most)/(1+r.Intn(1000))
			switch r.Intn(6) {
			case 0, 1, 2:
				b := make([]byte, size)
				r.Read(b)
				if c, e := n.WriteAt(b, int64(off)); c != size || e != 0 {
					t.Fatalf("seed %d: wrote %d of %d: %d", seed, c, size, e)
				}
				if size > 0 {
					grow(off + size)
					copy(want[off:], b)
				}
			case 3:
				n.Truncate(int64(off))
				grow(off)
				want = want[:off:off]
			case 4:
				n.Allocate(int64(off), int64(size)+1, true, true, false)
				if off < len(want) {
					clear(want[off:min(len(want), off+size+1)])
				}
			case 5:
				keep := r.Intn(2) == 0
				n.Allocate(int64(off), int64(size)+1, keep, false, false)
				if !keep {
					grow(off + size + 1)
				}
			}
			got := make([]byte, len(want)+10)
			if c, _ := n.ReadAt(got, 0); c != len(want) || !bytes.Equal(got[:c], want) {
				t.Fatalf("seed %d: the file has %d bytes, want %d, or they differ", seed, c, len(want))
			}
		}
		n.Release()
		if _, used, _ := f.Usage(); used != 0 {
			t.Errorf("seed %d: %d bytes are left", seed, used)
		}
	}
}

// A full tree answers ENOSPC, and what is removed can be used again.
func TestLimit(t *testing.T) {
	f := New(256<<10, func() int64 { return 0 })
	n, e := f.Open(f.Root(), "/f", linux.O_CREAT|linux.O_RDWR, 0o600)
	if e != 0 {
		t.Fatal(e)
	}
	b := make([]byte, 100<<10)
	total := int64(0)
	for {
		c, e := n.WriteAt(b, total)
		total += int64(c)
		if e == linux.ENOSPC {
			break
		}
		if e != 0 || c == 0 || total > 256<<10 {
			t.Fatalf("%d bytes written, then %d: %d", total, c, e)
		}
	}
	if total < 128<<10 || n.Size() != total {
		t.Errorf("full with %d bytes", total)
	}
	names := 0
	for ; f.Mkdir(f.Root(), "/"+string(rune('a'+names%26))+string(rune('a'+names/26)), 0o700) == 0; names++ {
		if names > 600 {
			t.Fatal("a full tree takes ever more names")
		}
	}
	if e := n.Allocate(0, math.MaxInt64, true, false, false); e != linux.ENOSPC {
		t.Errorf("allocating everything: %d", e)
	}
	f.Unlink(f.Root(), "/f")
	n.Release()
	if e := f.Mkdir(f.Root(), "/again", 0o700); e != 0 {
		t.Errorf("after removing: %d", e)
	}
}

// Offsets near the largest: no overflow, and memory for what is written alone.
func TestFarOffsets(t *testing.T) {
	f := newFS()
	n, _ := f.NewFile(0o600)
	if c, e := n.WriteAt([]byte("ab"), math.MaxInt64-1); c != 1 || e != 0 {
		t.Errorf("one byte fits: %d, %d", c, e)
	}
	if _, e := n.WriteAt([]byte("a"), math.MaxInt64); e != linux.EFBIG {
		t.Errorf("none fits: %d", e)
	}
	b := make([]byte, 3)
	if c, _ := n.ReadAt(b, math.MaxInt64-2); c != 2 || b[1] != 'a' {
		t.Errorf("read %d: %q", c, b)
	}
	if e := n.Allocate(0, math.MaxInt64, true, true, false); e != 0 {
		t.Errorf("a hole of everything: %d", e)
	}
	if c, _ := n.ReadAt(b, math.MaxInt64-2); c != 2 || b[1] != 0 {
		t.Errorf("read %d: %q", c, b)
	}
}
