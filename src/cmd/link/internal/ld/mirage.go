package ld

import (
	"debug/elf"
	"internal/buildcfg"
)

// What an image for GOOS=mirage carries beyond an ordinary ELF executable.

// The PVH boot note: where a loader enters the image in 32-bit protected mode.
// Xen, docs/misc/pvh.pandoc; xen/include/public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY.
const (
	pvhNoteName  = "Xen\x00"
	pvhNoteType  = 18
	pvhNoteSize  = 8
	pvhNoteShstr = ".note.Xen"
)

// elfpvh lays the PVH note out before resoff and returns the bytes it takes.
func elfpvh(sh *ElfShdr, startva uint64, resoff uint64) int {
	return elfnote(sh, startva, resoff, len(pvhNoteName)+pvhNoteSize)
}

// pvhSegment returns the program header for the note. It is one of its own: that of the other notes holds one section,
// whichever was laid out last, and loaders look for the entry point in no other place (gABI 4.1, chapter 5, PT_NOTE).
func pvhSegment() *ElfPhdr {
	ph := newElfPhdr()
	ph.Type = elf.PT_NOTE
	ph.Flags = elf.PF_R
	return ph
}

// elfwritepvh writes the PVH note, whose value is the image's entry point.
func elfwritepvh(ctxt *Link) int {
	sh := elfwritenotehdr(ctxt.Out, pvhNoteShstr, uint32(len(pvhNoteName)), pvhNoteSize, pvhNoteType)
	if sh == nil {
		return 0
	}
	ctxt.Out.WriteString(pvhNoteName)
	ctxt.Out.Write64(uint64(Entryvalue(ctxt)))
	return int(sh.Size)
}

// MirageBase returns where an arm64 image for GOOS=mirage begins, and other for any other target.
// It lies above the device tree that QEMU puts at the start of RAM (QEMU, docs/system/arm/virt.rst), and 64 KiB above
// a multiple of 2 MiB: loaders that take no ELF file get the header of Linux's Image there (boot/image), and put the
// whole at any multiple of 2 MiB.
func MirageBase(other int64) int64 {
	if buildcfg.GOOS == "mirage" {
		return 0x40210000
	}
	return other
}

// largeZero is the size from which a zeroed variable is left to the runtime, which gives it memory page by page when it
// is used: a loader would fill it at once, and refuses an image whose variables exceed the machine's RAM.
const largeZero = 256 << 10

// mirageLoadSize makes ph, the header of the data segment, end before the first large zeroed variable. The linker sorts
// the section that holds them by size, so that they stand at its end.
func mirageLoadSize(ctxt *Link, ph *ElfPhdr) {
	if buildcfg.GOOS != "mirage" {
		return
	}
	end := ph.Vaddr + ph.Memsz
	for _, s := range ctxt.datap {
		if sect := ctxt.loader.SymSect(s); sect == nil || sect.Name != ".noptrbss" || ctxt.loader.SymSize(s) < largeZero {
			continue
		}
		end = min(end, uint64(ctxt.loader.SymValue(s)))
	}
	ph.Memsz = end - ph.Vaddr
}
