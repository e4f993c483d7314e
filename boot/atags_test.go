//go:build !mirage

package boot

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// atag appends a tag: Booting ARM Linux, appendix A.
func atag(list []byte, tag uint32, value ...byte) []byte {
	for len(value)%4 != 0 {
		value = append(value, 0)
	}
	list = binary.LittleEndian.AppendUint32(list, uint32(len(value)/4+2))
	list = binary.LittleEndian.AppendUint32(list, tag)
	return append(list, value...)
}

func le(v ...uint32) (b []byte) {
	for _, w := range v {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// atags is what QEMU writes for a Raspberry Pi.
func atags() []byte {
	l := atag(nil, atagCore, le(1, 4096, 0)...)
	l = atag(l, atagMem, le(0x3c000000, 0)...)
	l = atag(l, atagInitrd2, le(0x8000000, 0x1234)...)
	l = atag(l, atagCmdline, []byte("exit=debug -- a\x00")...)
	return append(l, le(0, atagNone)...)
}

func TestATAGs(t *testing.T) {
	var i Info
	if !i.ReadATAGs(atags()) {
		t.Fatal("no list")
	}
	if !slices.Equal(i.RAM(), []Range{{0, 0x3c000000}}) || i.Initrd != (Range{0x8000000, 0x8001234}) || string(i.CommandLine) != "exit=debug -- a" {
		t.Errorf("RAM %x, initrd %x, line %q", i.RAM(), i.Initrd, i.CommandLine)
	}
}

// QEMU 7.2 has what other cores run at 0x300 (hw/arm/raspi.c, SMPBOOT_ADDR), over a command line that is so long. What pads one is zero.
func TestATAGsOverwritten(t *testing.T) {
	long := append(bytes.Repeat([]byte("a=b "), 200), 0)
	code := append([]byte{}, long...)
	copy(code[0x200:], "\x05\x1b\x80\xd2\x00\x00\x38\xd5")
	for _, c := range []struct {
		value []byte
		want  bool
	}{{long, false}, {append(long, make([]byte, 99)...), false}, {code, true}} {
		var i Info
		if i.ReadATAGs(atag(atag(nil, atagCore), atagCmdline, c.value...)); i.Overwritten != c.want {
			t.Errorf("overwritten %v: %q", i.Overwritten, i.CommandLine)
		}
	}
}

// What does not begin with ATAG_CORE is no list; one that is cut short, or whose sizes are wrong, ends there.
func TestATAGsMalformed(t *testing.T) {
	for _, list := range [][]byte{nil, make([]byte, 4), make([]byte, 4096), le(2, atagMem)} {
		if new(Info).ReadATAGs(list) {
			t.Errorf("%x is a list", list[:min(len(list), 16)])
		}
	}
	for _, tail := range [][]byte{le(0, atagMem), le(1, atagMem, 1, 1), le(1<<30, atagMem, 1, 1), le(1<<31|4, atagMem, 1, 1), le(2, atagMem), le(3, atagInitrd2, 1)} {
		var i Info
		if !i.ReadATAGs(append(atag(nil, atagCore), tail...)) || len(i.RAM()) != 0 || i.Initrd.Size() != 0 {
			t.Errorf("%x is RAM %x", tail, i.RAM())
		}
	}
}

func FuzzATAGs(f *testing.F) {
	f.Add(atags())
	f.Fuzz(func(t *testing.T, list []byte) {
		var i Info
		i.ReadATAGs(list)
		for _, r := range i.RAM() {
			if r.Start >= r.End || (r.Start|r.End)%4096 != 0 {
				t.Errorf("RAM %x", i.RAM())
			}
		}
	})
}
