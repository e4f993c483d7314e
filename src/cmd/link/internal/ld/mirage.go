package ld

import "internal/buildcfg"

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
// It lies above the device tree that QEMU puts at the start of RAM (QEMU, docs/system/arm/virt.rst)
// and is a multiple of 2 MiB, so that the image can be mapped wherever a loader has put it.
func MirageBase(other int64) int64 {
	if buildcfg.GOOS == "mirage" {
		return 0x40200000
	}
	return other
}
