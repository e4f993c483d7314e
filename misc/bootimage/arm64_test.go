package bootimage

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// A segment of a made ELF file.
type segment struct {
	vaddr, memsz uint64
	data         string
}

// executable makes an ELF file (ELF-64 Object File Format, 3 and 5) with segs, whose bytes follow the headers.
func executable(machine uint16, entry uint64, segs ...segment) []byte {
	const header, program = 64, 56
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	b.WriteString("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	put([]uint16{2, machine})
	put(uint32(1))
	put([]uint64{entry, header, 0})
	put(uint32(0))
	put([]uint16{header, program, uint16(len(segs)), 0, 0, 0})
	at := uint64(header + program*len(segs))
	for _, s := range segs {
		put([]uint32{1, 5})
		put([]uint64{at, s.vaddr, s.vaddr, uint64(len(s.data)), s.memsz, 1})
		at += uint64(len(s.data))
	}
	for _, s := range segs {
		b.WriteString(s.data)
	}
	return b.Bytes()
}

const arm64, amd64 = 183, 62

// Linux, Documentation/arch/arm64/booting.rst, section 4: every field of the header.
func TestHeader(t *testing.T) {
	file := executable(arm64, 0x40210010, segment{0x40210000, 0x20, "0123456789abcdefTEXT"}, segment{0x40210040, 0x100, "data"})
	got, err := ARM64(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 0x10044)
	copy(want, []byte{
		0x04, 0x40, 0x00, 0x14, 0, 0, 0, 0, // B .+0x10010
		0, 0, 0, 0, 0, 0, 0, 0, // text_offset
		0x40, 0x01, 0x01, 0, 0, 0, 0, 0, // image_size: with what is zeroed
		0x0a, 0, 0, 0, 0, 0, 0, 0, // flags: little-endian, 4 KiB pages, anywhere
	})
	copy(want[56:], "ARM\x64")
	copy(want[0x10000:], "0123456789abcdefTEXT")
	copy(want[0x10040:], "data")
	if !bytes.Equal(got, want) {
		t.Errorf("got %d bytes %x, want %d", len(got), got[:64], len(want))
	}
}

// A Pi's firmware puts the image at 0x80000, where its segments must lie as they are linked to, modulo 2 MiB; and the header says
// so.
func TestRPi(t *testing.T) {
	file := executable(arm64, 0x40210010, segment{0x40210000, 0x20, "0123456789abcdefTEXT"})
	got, err := RPi(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	const first = 0x200000 - 0x80000 + 0x10000
	if string(got[first:]) != "0123456789abcdefTEXT" {
		t.Errorf("%d bytes, and the segment is not at %#x", len(got), first)
	}
	le := binary.LittleEndian
	if b, offset, size := le.Uint32(got), le.Uint64(got[8:]), le.Uint64(got[16:]); b != 0x14000000|(first+0x10)/4 || offset != 0x80000 || size != first+0x20+0x200000 {
		t.Errorf("first instruction %#x, text_offset %#x, image_size %#x", b, offset, size)
	}
}

// Booting ARM Linux, appendix A: ATAG_CORE, ATAG_CMDLINE with its NUL, ATAG_NONE.
func TestWithLine(t *testing.T) {
	image, err := RPi(bytes.NewReader(executable(arm64, 0x40210010, segment{0x40210000, 0x20, "0123456789abcdefTEXT"})))
	if err != nil {
		t.Fatal(err)
	}
	want := append([]byte{}, image...)
	copy(want[64:], "\x02\x00\x00\x00\x01\x00\x41\x54\x05\x00\x00\x00\x09\x00\x41\x54a=b -- c\x00\x00\x00\x00")
	if err := WithLine(image, "a=b -- c"); err != nil || !bytes.Equal(image, want) {
		t.Errorf("%v: %x", err, image[:128])
	}
	if err := WithLine(image, strings.Repeat("a", 1<<19)); err == nil {
		t.Error("a line goes on in what the image does not look at")
	}
}

func TestRefused(t *testing.T) {
	good := segment{0x40210000, 8, "TEXT"}
	for name, file := range map[string][]byte{
		"no ELF file":          []byte("MZ"),
		"another architecture": executable(amd64, 0x40210000, good),
		"nothing to load":      executable(arm64, 0x40210000),
		"no room":              executable(arm64, 0x40200000, segment{0x40200000, 8, "TEXT"}),
		"overlap":              executable(arm64, 0x40210000, good, segment{0x40210004, 8, "TEXT"}),
		"descending":           executable(arm64, 0x40210000, good, segment{0x40100000, 8, "TEXT"}),
		"larger in the file":   executable(arm64, 0x40210000, segment{0x40210000, 2, "TEXT"}),
		"huge":                 executable(arm64, 0x40210000, segment{0x40210000, 1 << 62, "TEXT"}),
		"far apart":            executable(arm64, 0x40210000, good, segment{1 << 40, 8, "TEXT"}),
		"entry outside":        executable(arm64, 0x50000000, good),
		"entry below":          executable(arm64, 0x10, good),
		"cut off":              executable(arm64, 0x40210000, good)[:122],
	} {
		if _, err := ARM64(bytes.NewReader(file)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzARM64(f *testing.F) {
	f.Add(executable(arm64, 0x40210000, segment{0x40210000, 8, "TEXT"}))
	f.Fuzz(func(t *testing.T, file []byte) {
		out, err := ARM64(bytes.NewReader(file))
		if err == nil && (len(out) < headerSize || binary.LittleEndian.Uint64(out[16:]) < uint64(len(out))) {
			t.Errorf("%d bytes, %d in memory", len(out), binary.LittleEndian.Uint64(out[16:]))
		}
	})
}
