//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	"unsafe"
)

// The boot, from the first Go function (osinit) on: on g0, one CPU, interrupts off, no heap.

// bootInfo is what the loader said.
var bootInfo boot.Info

func osinit() {
	physPageSize = pageSize4K
	physHugePageSize = pageSize2M
	consoleInit()
	memoryInit()
	trapInit()
	clockInit()
	startCPUs()
	vmSeal()
	numCPUStartup = int32(nCPUs)
	fencesIgnored = nCPUs == 1 && maybeEmulated()
	memoryLimitInit()
	irqEnable()
}

// imageSegment is one PT_LOAD program header of the image: the ELF headers are mapped at its start.
type imageSegment struct {
	addr, size, file uintptr
	prot             vmProt
}

// imageSegments reads the image's own program headers (ELF-64 Object File Format, 4 and 5). The linker puts them in the
// page before the text.
func imageSegments(segs *[8]imageSegment) []imageSegment {
	const (
		phoff, phentsize, phnum           = 32, 54, 56
		ptLoad                            = 1
		pType, pFlags, pVaddr, pFsz, pMsz = 0, 4, 16, 32, 40
		flagX, flagW                      = 1, 2
	)
	base := firstmoduledata.text&^(pageSize4K-1) - pageSize4K
	at := func(a uintptr) unsafe.Pointer { return unsafe.Pointer(a) }
	if *(*uint32)(at(base)) != 0x464c457f {
		throw("boot: the image's ELF header is not where it is linked to be")
	}
	n := 0
	ph := base + *(*uintptr)(at(base + phoff))
	for i := *(*uint16)(at(base + phnum)); i > 0 && n < len(segs); i-- {
		if *(*uint32)(at(ph + pType)) == ptLoad {
			s := imageSegment{addr: *(*uintptr)(at(ph + pVaddr)), file: *(*uintptr)(at(ph + pFsz)), size: *(*uintptr)(at(ph + pMsz)), prot: vmRead}
			switch flags := *(*uint32)(at(ph + pFlags)); {
			case flags&flagX != 0:
				s.prot |= vmExec
			case flags&flagW != 0:
				s.prot |= vmWrite
			}
			segs[n] = s
			n++
		}
		ph += uintptr(*(*uint16)(at(base + phentsize)))
	}
	return segs[:n]
}

// memoryInit reads the memory map, makes RAM allocatable and builds the page tables that replace the boot's.
func memoryInit() {
	mem := unsafe.Slice((*byte)(physPointer(0)), bootMapped)
	if problem := bootRead(mem); problem != "" {
		print("mirage: ", problem, "\n")
		throw("boot failed")
	}
	randomSeed()
	var segs [8]imageSegment
	image := imageSegments(&segs)
	last := image[len(image)-1]
	imageEnd := last.addr + last.size

	// What the loader put into RAM and we still need, and the first MiB, which firmware and the start of other CPUs use.
	keep := [...]boot.Range{
		{Start: 0, End: 1 << 20},
		{Start: uint64(image[0].addr + imageOffset), End: uint64(imageEnd + imageOffset)},
		bootInfo.Initrd,
		bootRangeOf(bootInfo.CommandLine),
		bootRangeOf(bootInfo.DeviceTree),
		bootInfo.Kept,
	}
	physInit(&bootInfo, keep[bootKeepFrom:])
	if xenPV {
		pvUseTables(vmTables.memory)
	}
	readCommandLine()
	mapBoot(image)
	physAdd(&bootInfo, keep[bootKeepFrom:], bootMapped, ramLimit)
	mapLargeVariables(imageEnd)
}

// mapLargeVariables lets faults fill the variables that the linker has left out of the image: those behind its end. The
// rest of the image's last page is theirs already.
func mapLargeVariables(imageEnd uintptr) {
	from := (imageEnd + pageSize4K - 1) &^ (pageSize4K - 1)
	to := (firstmoduledata.end + pageSize4K - 1) &^ (pageSize4K - 1)
	memclrNoHeapPointers(unsafe.Pointer(imageEnd), from-imageEnd)
	if from < to {
		vmProtect(from, to, vmRead|vmWrite)
	}
}

// bootRangeOf is where in physical memory b, a part of it, lies.
func bootRangeOf(b []byte) boot.Range {
	if len(b) == 0 {
		return boot.Range{}
	}
	at := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) - physBase
	return boot.Range{Start: at, End: at + uint64(len(b)) + 1}
}

// mapBoot builds the page tables and uses them: all RAM at physBase and at the window, writable but where it must not be;
// the image where it is linked, as its segments say; nothing else, so page 0 is not there.
func mapBoot(image []imageSegment) {
	window := vmScatter()
	var list [12]boot.Range
	fixed := list[:0]
	for _, s := range image {
		if s.prot&vmWrite == 0 {
			lo := uint64(s.addr + imageOffset)
			fixed = append(fixed, boot.Range{Start: lo, End: (lo + uint64(s.size) + pageSize4K - 1) &^ (pageSize4K - 1)})
		}
	}
	if xenPV {
		pvMapBoot(image, fixed)
	} else {
		mapBootAnew(image, fixed, window)
	}
	vmasInit()
	for _, s := range image {
		end := (s.addr + s.size + pageSize4K - 1) &^ (pageSize4K - 1)
		vmProtect(s.addr, end, s.prot|vmFixed)
	}
}

// mapBootAnew builds all of the page tables.
func mapBootAnew(image []imageSegment, fixed []boot.Range, window uintptr) {
	vmRoot = vmNewTable()
	if vmRoot == 0 {
		throw("boot: no memory for page tables")
	}
	mapRAM(window, fixed)
	mapRAM(physBase, append(fixed, vmTables.memory))
	for _, s := range image {
		end := (s.addr + s.size + pageSize4K - 1) &^ (pageSize4K - 1)
		vmMapLinear(s.addr, s.addr+imageOffset, end-s.addr, s.prot, false)
	}
	vmGuardBoot()
	vmUse(vmRoot)
	vmTables.window = window
}

// bootAlloc returns n zeroed bytes that stay for good.
func bootAlloc(n uintptr) unsafe.Pointer {
	pages := (n + pageSize4K - 1) / pageSize4K
	pa := physAllocPages(pages)
	if pa == 0 {
		throw("boot: no memory for the command line")
	}
	memclrNoHeapPointers(physPointer(pa), pages*pageSize4K)
	return physPointer(pa)
}
