package vm

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"io"
	"os"
)

// An Image is what an image's file says of itself.
type Image struct {
	Arch string // "amd64" or "arm64"
	Size uint64 // the memory up to its end, from where a PC's or QEMU's virt's begins
}

// ramBase is where memory begins, by architecture: that of arm64 is of QEMU's virt (hw/arm/virt.c, base_memmap).
var ramBase = map[string]uint64{"arm64": 1 << 30}

// Inspect reads an image's headers. A program for another operating system is an error that says so.
func Inspect(file string) (Image, error) {
	f, err := elf.Open(file)
	if err != nil {
		return Image{}, fmt.Errorf("%s is not an image: %w", file, err)
	}
	defer f.Close()
	arch := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[f.Machine]
	if arch == "" {
		return Image{}, fmt.Errorf("%s is for %v, which mirage does not run on", file, f.Machine)
	}
	// A hand-made image has no build information, and gets the benefit of the doubt.
	if info, err := buildinfo.ReadFile(file); err == nil {
		for _, s := range info.Settings {
			if s.Key == "GOOS" && s.Value != "mirage" {
				return Image{}, fmt.Errorf("%s is a program for %s: build it with GOOS=mirage", file, s.Value)
			}
		}
	}
	if arch == "amd64" && !hasPVHNote(file) {
		return Image{}, fmt.Errorf("%s has no PVH boot note: build it with GOOS=mirage", file)
	}
	return Image{arch, end(f) - min(end(f), ramBase[arch])}, nil
}

// end is the first address above all that is loaded of an image.
func end(f *elf.File) (last uint64) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			last = max(last, p.Paddr+p.Memsz)
		}
	}
	return last
}

// hasPVHNote reports whether an image says where a loader enters it: the note XEN_ELFNOTE_PHYS32_ENTRY. A note is the
// sizes of name and value, the type, the name and the value (System V ABI, gABI 4.1, chapter 5); linkers put notes at
// the beginning.
func hasPVHNote(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	beginning, err := io.ReadAll(io.LimitReader(f, 64<<10))
	return err == nil && bytes.Contains(beginning, []byte("\x12\x00\x00\x00Xen\x00"))
}
