package ld

import (
	"cmd/internal/hash"
	"debug/elf"
	"encoding/binary"
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

// miragePage is what segments are aligned to: the page tables know 4 KiB pages on either architecture.
const miragePage = 4096

// mirageLayout chooses where an image for GOOS=mirage begins, unless -T says so.
func mirageLayout(ctxt *Link) {
	if buildcfg.GOOS != "mirage" {
		return
	}
	if *FlagRound == -1 {
		*FlagRound = miragePage
	}
	if *FlagTextAddr == -1 {
		*FlagTextAddr = Rnd(mirageBase(ctxt.IsARM64(), *flagBuildid), *FlagRound) + ELFRESERVE
	}
}

// mirageBase returns the address of an image's first page, one of about a thousand. The build ID picks it: what is built
// again from the same is the same image, and another program, or another version, lies elsewhere.
//
// An image is loaded where it is linked to be, so these are places in the RAM of small machines. On amd64 they lie in
// the 4 MiB above the first. On arm64 they lie above the device tree that QEMU puts at the start of RAM (QEMU,
// docs/system/arm/virt.rst), in the first half of one of four blocks of 2 MiB and 64 KiB above its start: loaders that
// take no ELF file get the header of Linux's Image there (misc/bootimage), and put the whole at any multiple of 2 MiB.
func mirageBase(arm64 bool, buildID string) int64 {
	sum := hash.Sum32([]byte(buildID))
	n := int64(binary.LittleEndian.Uint32(sum[:]))
	if arm64 {
		const ram, block, header, pages, blocks = 0x4000_0000, 2 << 20, 64 << 10, 240, 4
		return ram + block*(1+n/pages%blocks) + header + n%pages*miragePage
	}
	const first, pages = 1 << 20, 1024
	return first + n%pages*miragePage
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
