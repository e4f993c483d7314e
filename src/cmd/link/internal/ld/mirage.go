package ld

import (
	"cmd/internal/hash"
	"debug/elf"
	"encoding/binary"
	"internal/buildcfg"
)

// What an image for GOOS=mirage carries beyond an ordinary ELF executable.

// The notes by which Xen finds its way into an image, and QEMU too: Xen, xen/include/public/elfnote.h, docs/misc/pvh.pandoc.
// A PVH loader enters at the first one's value, in 32-bit protected mode. The others are what a PV loader asks for: where
// the image's addresses begin, which are those of the machine's memory as well, and whom it is made for. It enters at the
// same place, in 64-bit mode.
const (
	xenNoteName  = "Xen\x00"
	xenNoteShstr = ".note.Xen"
)

// A xenNote is a number, or a text if it has one.
type xenNote struct {
	kind  uint32
	value uint64
	text  string
}

func xenNotes(entry int64) []xenNote {
	return []xenNote{
		{kind: 18, value: uint64(entry)},  // XEN_ELFNOTE_PHYS32_ENTRY: first, for QEMU
		{kind: 1, value: uint64(entry)},   // XEN_ELFNOTE_ENTRY
		{kind: 3},                         // XEN_ELFNOTE_VIRT_BASE
		{kind: 4},                         // XEN_ELFNOTE_PADDR_OFFSET
		{kind: 5, text: "xen-3.0\x00"},    // XEN_ELFNOTE_XEN_VERSION
		{kind: 6, text: "mirage\x00\x00"}, // XEN_ELFNOTE_GUEST_OS
		{kind: 8, text: "generic\x00"},    // XEN_ELFNOTE_LOADER
	}
}

// xenNoteSize is the size of any one's value.
const xenNoteSize = 8

// elfxennotes lays the notes out before resoff and returns the bytes they take.
func elfxennotes(sh *ElfShdr, startva uint64, resoff uint64) int {
	var sizes []int
	for range xenNotes(0) {
		sizes = append(sizes, len(xenNoteName)+xenNoteSize)
	}
	return elfnote(sh, startva, resoff, sizes...)
}

// xenNoteSegment returns the program header for the notes. It is one of its own: that of the other notes holds one section,
// whichever was laid out last, and loaders look for the entry point in no other place (gABI 4.1, chapter 5, PT_NOTE).
func xenNoteSegment() *ElfPhdr {
	ph := newElfPhdr()
	ph.Type = elf.PT_NOTE
	ph.Flags = elf.PF_R
	return ph
}

// elfwritexennotes writes the notes.
func elfwritexennotes(ctxt *Link) int {
	sh := elfshname(xenNoteShstr)
	ctxt.Out.SeekSet(int64(sh.Off))
	for _, n := range xenNotes(Entryvalue(ctxt)) {
		ctxt.Out.Write32(uint32(len(xenNoteName)))
		ctxt.Out.Write32(xenNoteSize)
		ctxt.Out.Write32(n.kind)
		ctxt.Out.WriteString(xenNoteName)
		if n.text != "" {
			ctxt.Out.WriteString(n.text)
		} else {
			ctxt.Out.Write64(n.value)
		}
	}
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
