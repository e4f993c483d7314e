//go:build !mirage

package mmio

import (
	"internal/mirage/mmio/mmiotest"
	"testing"
)

func TestRegistersReachTheirOffsetAndWidth(t *testing.T) {
	b := make(mmiotest.Bytes, 32)
	Reg8(1).Store(b, 0x11)
	Reg16(2).Store(b, 0x2222)
	Reg32(4).Store(b, 0x33333333)
	Reg64(8).Store(b, 0x4444444455555555)
	if b[0] != 0 || b[1] != 0x11 || Reg16(2).Load(b) != 0x2222 || Reg32(4).Load(b) != 0x33333333 || Reg8(1).Load(b) != 0x11 {
		t.Fatalf("% x", b)
	}
	if Reg32(8).Load(b) != 0x55555555 || Reg64(8).Load(b) != 0x4444444455555555 {
		t.Fatalf("halves of a 64-bit register: % x", b[8:16])
	}
}

func TestSub(t *testing.T) {
	b := make(mmiotest.Bytes, 32)
	w, ok := Sub(b, 8, 16)
	if !ok {
		t.Fatal("8+16 of 32 refused")
	}
	w2, ok := Sub(w, 4, 12)
	if !ok || w2.Size() != 12 {
		t.Fatal("a window of a window refused")
	}
	w2.Store32(8, 0xdeadbeef)
	if b.Load32(20) != 0xdeadbeef {
		t.Fatalf("window of a window stored elsewhere: % x", b)
	}
	for _, c := range [][2]uintptr{{0, 33}, {33, 0}, {32, 1}, {^uintptr(0), 2}, {8, ^uintptr(0)}} {
		if _, ok := Sub(b, c[0], c[1]); ok {
			t.Errorf("Sub(%#x, %#x) of 32 bytes allowed", c[0], c[1])
		}
	}
}

func TestWindowRefusesWhatLiesOutside(t *testing.T) {
	w, _ := Sub(make(mmiotest.Bytes, 32), 8, 8)
	for name, f := range map[string]func(){
		"load32 across the end": func() { w.Load32(6) },
		"load8 at the end":      func() { w.Load8(8) },
		"store16 far away":      func() { w.Store16(^uintptr(0), 1) },
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
