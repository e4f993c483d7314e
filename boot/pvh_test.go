//go:build !mirage

package boot

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// Where pvh puts things.
const (
	startAt   = 0x100
	memmapAt  = 0x200
	modulesAt = 0x400
	lineAt    = 0x500
)

// pvh makes memory with a start info: Xen, xen/include/public/arch-x86/hvm/start_info.h, version 1.
func pvh() []byte {
	mem := make([]byte, 0x1000)
	le := binary.LittleEndian
	s := mem[startAt:]
	le.PutUint32(s, 0x336ec578)
	le.PutUint32(s[4:], 1)
	le.PutUint32(s[12:], 1)
	le.PutUint64(s[16:], modulesAt)
	le.PutUint64(s[24:], lineAt)
	le.PutUint64(s[32:], 0xf0000)
	le.PutUint64(s[40:], memmapAt)
	le.PutUint32(s[48:], 3)
	for i, e := range [][3]uint64{{0, 0x9fc00, 1}, {0x9fc00, 0x400, 2}, {0x100000, 0x7f00000, 1}} {
		e0 := mem[memmapAt+24*i:]
		le.PutUint64(e0, e[0])
		le.PutUint64(e0[8:], e[1])
		le.PutUint32(e0[16:], uint32(e[2]))
	}
	le.PutUint64(mem[modulesAt:], 0x2000000)
	le.PutUint64(mem[modulesAt+8:], 0x1234)
	copy(mem[lineAt:], "ip=dhcp -- a\x00")
	return mem
}

func TestPVH(t *testing.T) {
	var i Info
	if problem := i.ReadPVH(pvh(), startAt); problem != "" {
		t.Fatal(problem)
	}
	if want := []Range{{0, 0x9f000}, {0x100000, 0x8000000}}; !slices.Equal(i.RAM(), want) {
		t.Errorf("RAM %x, want %x", i.RAM(), want)
	}
	if i.RSDP != 0xf0000 || i.Initrd != (Range{0x2000000, 0x2001234}) || string(i.CommandLine) != "ip=dhcp -- a" {
		t.Errorf("%x %x %q", i.RSDP, i.Initrd, i.CommandLine)
	}
}

// Without modules and a command line there are none.
func TestPVHBare(t *testing.T) {
	mem := pvh()
	clear(mem[startAt+12 : startAt+32])
	var i Info
	if problem := i.ReadPVH(mem, startAt); problem != "" {
		t.Fatal(problem)
	}
	if i.Initrd.Size() != 0 || i.CommandLine != nil {
		t.Errorf("%x %q", i.Initrd, i.CommandLine)
	}
}

func TestPVHProblems(t *testing.T) {
	le := binary.LittleEndian
	for name, change := range map[string]func(mem []byte) (at uint64){
		"no start info":       func(mem []byte) uint64 { return 0 },
		"start info outside":  func(mem []byte) uint64 { return 0xfff },
		"start info wraps":    func(mem []byte) uint64 { return 1<<64 - 8 },
		"version 0":           func(mem []byte) uint64 { le.PutUint32(mem[startAt+4:], 0); return startAt },
		"command line beyond": func(mem []byte) uint64 { le.PutUint64(mem[startAt+24:], 1<<40); return startAt },
		"command line endless": func(mem []byte) uint64 {
			copy(mem[lineAt:], strings.Repeat("x", len(mem)-lineAt))
			return startAt
		},
		"modules beyond":   func(mem []byte) uint64 { le.PutUint64(mem[startAt+16:], 0xff0); return startAt },
		"module wraps":     func(mem []byte) uint64 { le.PutUint64(mem[modulesAt+8:], 1<<64-1); return startAt },
		"memory map gone":  func(mem []byte) uint64 { le.PutUint32(mem[startAt+48:], 0); return startAt },
		"memory map large": func(mem []byte) uint64 { le.PutUint32(mem[startAt+48:], 1<<31); return startAt },
		"memory map wraps": func(mem []byte) uint64 { le.PutUint64(mem[startAt+40:], 1<<64-24); return startAt },
		"no RAM": func(mem []byte) uint64 {
			for n := range 3 {
				mem[memmapAt+24*n+16] = 2
			}
			return startAt
		},
		"too many ranges": func(mem []byte) uint64 {
			le.PutUint64(mem[startAt+40:], 0x800)
			le.PutUint32(mem[startAt+48:], maxRanges+1)
			for n := range maxRanges + 1 {
				e := mem[0x800+24*n:]
				le.PutUint64(e, uint64(n)<<20)
				le.PutUint64(e[8:], 4096)
				le.PutUint32(e[16:], 1)
			}
			return startAt
		},
	} {
		mem := pvh()
		if name == "too many ranges" {
			mem = append(mem, make([]byte, 0x1000)...)
		}
		var i Info
		if problem := i.ReadPVH(mem, change(mem)); problem == "" {
			t.Errorf("%s: no problem", name)
		}
	}
}

// A range of RAM that wraps ends at the end of the address space; pages that are not whole do not count.
func TestAddRAM(t *testing.T) {
	var i Info
	for _, r := range [][2]uint64{{0x1001, 0x1ffe}, {0x5000, 0xfff}, {1<<64 - 0x2000, 0x3000}, {0x7000, 0}} {
		if !i.addRAM(r[0], r[1]) {
			t.Fatal("no room")
		}
	}
	want := []Range{{1<<64 - 0x2000, 1<<64 - 0x1000}}
	if !slices.Equal(i.RAM(), want) {
		t.Errorf("%x, want %x", i.RAM(), want)
	}
}

func FuzzPVH(f *testing.F) {
	f.Add(pvh(), uint64(startAt))
	f.Fuzz(func(t *testing.T, mem []byte, at uint64) {
		var i Info
		if i.ReadPVH(mem, at) != "" {
			return
		}
		if len(i.RAM()) == 0 || len(i.CommandLine) >= len(mem) || i.Initrd.End < i.Initrd.Start {
			t.Errorf("%x %q %x", i.RAM(), i.CommandLine, i.Initrd)
		}
	})
}
