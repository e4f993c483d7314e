package bootimage

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The header of Linux's Image: Linux, Documentation/arch/arm64/booting.rst, section 4.
const (
	headerSize = 64
	magic      = 0x644d5241 // "ARM\x64"
	pages4K    = 1 << 1
	anywhere   = 1 << 3 // at any multiple of 2 MiB, not only near the start of RAM

	alignment = 2 << 20
	maxSize   = 1 << 30
)

// ARM64 returns an arm64 image in the form of Linux's Image, which boot loaders, Xen and Firecracker want, and with which
// QEMU passes an initial RAM disk: the header, and the segments as they lie in memory. The header stands where the ELF
// file leaves room for it, before its first segment.
func ARM64(file io.ReaderAt) ([]byte, error) { return arm64Image(file, 0) }

// piOffset is where in RAM a Raspberry Pi's firmware has always put a 64-bit kernel, and where QEMU puts one whose header wants
// that (Raspberry Pi documentation, config.txt, kernel_address; booting.rst, text_offset).
const piOffset = 0x80000

// RPi returns an arm64 image as kernel8.img. It is ARM64's, with so much before it that it lies at a multiple of 2 MiB when it
// is loaded at piOffset: there it runs where it is, with no copy; loaded elsewhere it moves itself.
func RPi(file io.ReaderAt) ([]byte, error) { return arm64Image(file, piOffset) }

// WithLine puts a command line into what RPi has made, as ATAGs behind its header, where the image looks when it has no device
// tree: boot.PiImage.
func WithLine(image []byte, line string) error {
	room := image[headerSize:min(len(image), piLow-piOffset)]
	text := append([]byte(line), make([]byte, 4-len(line)%4)...)
	tags := binary.LittleEndian.AppendUint32(nil, 2)
	tags = binary.LittleEndian.AppendUint32(tags, atagCore)
	tags = binary.LittleEndian.AppendUint32(tags, uint32(2+len(text)/4))
	tags = binary.LittleEndian.AppendUint32(tags, atagCmdline)
	tags = append(append(tags, text...), make([]byte, 8)...) // and the last, which is zero
	if len(tags) > len(room) {
		return fmt.Errorf("no room for a command line of %d bytes", len(line))
	}
	copy(room, tags)
	return nil
}

const (
	atagCore    = 0x54410001 // Russell King, Booting ARM Linux (2004), appendix A
	atagCmdline = 0x54410009
	piLow       = 1 << 20 // how far in RAM the image looks
)

// arm64Image makes the image that is to be loaded at a multiple of 2 MiB and offset.
func arm64Image(file io.ReaderAt, offset uint64) ([]byte, error) {
	f, err := elf.NewFile(file)
	if err != nil {
		return nil, err
	}
	if f.Machine != elf.EM_AARCH64 || f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("not an arm64 executable but %v, %v", f.Machine, f.Type)
	}
	var loads []*elf.Prog
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			loads = append(loads, p)
		}
	}
	if len(loads) == 0 {
		return nil, errors.New("nothing to load")
	}
	base := loads[0].Vaddr&^(alignment-1) - -offset%alignment
	if loads[0].Vaddr-base < headerSize {
		return nil, fmt.Errorf("no room for a header before %#x: not an image of GOOS=mirage", loads[0].Vaddr)
	}
	var out []byte
	end := uint64(headerSize)
	for _, p := range loads {
		at := p.Vaddr - base
		if p.Vaddr < base || at < end || p.Filesz > p.Memsz || at > maxSize || p.Memsz > maxSize-at {
			return nil, fmt.Errorf("segment at %#x overlaps another or is too large", p.Vaddr)
		}
		out = append(out, make([]byte, at+p.Filesz-uint64(len(out)))...)
		if _, err := io.ReadFull(p.Open(), out[at:]); err != nil {
			return nil, fmt.Errorf("segment at %#x: %w", p.Vaddr, err)
		}
		end = at + p.Memsz
	}
	if f.Entry < base || f.Entry-base >= uint64(len(out)) {
		return nil, fmt.Errorf("entry point %#x lies outside", f.Entry)
	}
	le := binary.LittleEndian
	le.PutUint32(out[0:], branch(f.Entry-base))
	le.PutUint64(out[8:], offset)
	if offset != 0 {
		end += alignment // room to move
	}
	le.PutUint64(out[16:], end)
	le.PutUint64(out[24:], pages4K|anywhere)
	le.PutUint32(out[56:], magic)
	return out, nil
}

// branch is the instruction B that goes distance bytes ahead, less than 128 MiB: Arm Architecture Reference Manual
// (DDI 0487), C6.2.26.
func branch(distance uint64) uint32 { return 0x14000000 | uint32(distance>>2)&0x03ffffff }
