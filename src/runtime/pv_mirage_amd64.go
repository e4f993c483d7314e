//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/mirage/boot"
	"unsafe"
)

// A guest of Xen's kind PV (xen/include/public/xen.h): the CPU is Xen's, and what other machines do by privileged
// instructions and tables is asked of Xen. How PV differs:
//
//   - Xen enters the image in 64-bit mode, with page tables that map the guest's memory from address 0 on.
//     pv_mirage_amd64.s makes functions that command the CPU jump to others.
//   - An entry of a page table holds a frame of the machine; all else here speaks of pages of the guest, whose frames are
//     listed. Page tables can be read alone, and Xen writes them and checks what it writes (pvtables_mirage_amd64.go). There
//     are no large pages.
//   - Traps land on the stack that runs, for there is no IST: stacks must be there, whole. They are the heap's, and the heap
//     gets its pages when it is about to be used and not by fault (pvPopulate). stackTraps is the room below them.
//   - Whether events may arrive is a byte of memory, and all that interrupts a CPU is an event (pvcpu_mirage_amd64.go).
//   - SYSCALL instructions of others' assembly are hypercalls, most of which fail.

// xenPV says that the machine is such a guest. pvEntry sets it.
var xenPV bool

// Hypercalls, of xen/include/public/xen.h, and their commands, in vcpu.h, event_channel.h and below.
const (
	pvSetTrapTable   = 0
	pvMMUUpdate      = 1
	pvSetCallbacks   = 4
	pvSetTimer       = 15
	pvVCPUOp         = 24
	pvSetSegmentBase = 25
	pvMMUExtOp       = 26

	vcpuInitialise   = 0
	vcpuUp           = 1
	vcpuIsUp         = 3
	vcpuStopPeriodic = 7
	vcpuRegisterInfo = 10

	eventBindVIRQ = 1
	eventBindIPI  = 7

	segmentGSKernel = 2
)

// pv is what Xen says of the guest.
var pv struct {
	boot.PV
	problem string
	frames  uintptr    // the address of the list of the frames of all pages
	pool    boot.Range // the memory of the boot's own page tables
}

// pvMachineToPage is where Xen shows, by frame, which page of its guest each is: MACH2PHYS_VIRT_START,
// xen/include/public/arch-x86/xen-x86_64.h.
const pvMachineToPage = 0xffff_8000_0000_0000

// pvMore is how much memory is mapped beyond what the loader has mapped before there are tables for all: room for those,
// and for the table of blocks.
const pvMore = 96 << 20

// pvStart reads the start info and makes memory reachable at physBase, all that the loader has mapped and some more.
func pvStart() {
	info := (*[pageSize4K / 8]uint64)(unsafe.Pointer(startInfo))
	// The tables' root and the list of frames lie where ReadPV says; to reach them by physBase takes both.
	const root, frames = 88 / 8, 104 / 8
	vmRoot = uintptr(info[root])
	pv.frames = uintptr(info[frames])
	low := (*pte)(unsafe.Pointer(vmRoot))
	pvStore(pvFrame(vmRoot)+physBase>>39&511*8, *low)

	pv.frames += physBase
	vmTables.window = physBase
	pv.problem = bootInfo.ReadPV(&pv.PV, unsafe.Slice((*byte)(physPointer(startInfo)), pageSize4K), uint64(startInfo))
	if pv.problem != "" {
		return
	}
	memory := uintptr(pv.Pages) * pageSize4K
	mapped := uintptr(bootInfo.Kept.End)
	for mapped < memory && vmPresent(physBase+mapped) {
		mapped += pageSize4K
	}
	more := min(memory, mapped+pvMore)
	pool := boot.Range{Start: bootInfo.Kept.End, End: bootInfo.Kept.End + uint64(more-mapped)/512 + 4*pageSize4K}
	pool.End &^= pageSize4K - 1
	if pool.End > uint64(mapped) {
		pv.problem = "the loader of a PV guest has left too little memory"
		return
	}
	bootInfo.Kept.End = pool.End
	pv.pool = pool
	pvUseTables(pool)
	vmMapLinear(physBase+mapped, mapped, more-mapped, vmRead|vmWrite, false)
	bootMapped = uint64(more)
}

// pvMapBoot is mapBoot with page tables that are in use: the image gets tables of its own, and then those that the loader has
// made for it are the linear mapping's alone.
func pvMapBoot(image []imageSegment, fixed []boot.Range) {
	const aside = 255 << 39 // an address nothing else has
	for _, s := range image {
		end := (s.addr + s.size + pageSize4K - 1) &^ (pageSize4K - 1)
		vmMapLinear(aside+s.addr, s.addr, end-s.addr, s.prot, false)
	}
	entry := vmEntry(aside, 3, false)
	vmEntry(0, 3, false).write(*entry)
	entry.write(0)
	pvFlushAll()
	mapRAM(physBase, append(fixed, pv.Tables, pv.pool, vmTables.memory))
	vmGuardBoot()
	pvFlushAll()
}

// pvParam is xenParam.
func pvParam(index uint64) uint64 {
	switch index {
	case hvmStoreFrame:
		return pvPage(pv.Store)
	case hvmStorePort:
		return uint64(pv.StorePort)
	case hvmConsoleFrame:
		return pvPage(pv.Console)
	case hvmConsolePort:
		return uint64(pv.ConsolePort)
	}
	return 0
}

// pvShare maps the page that Xen shares.
func pvShare() *xenInfo {
	const at = deviceBase // there are no devices
	e := vmEntry(at, 0, true)
	if e == nil {
		throw("boot: no memory for page tables")
	}
	e.write(pte(pv.SharedInfo) | leafEntry(0, 0, vmRead|vmWrite, false))
	info := (*xenInfo)(unsafe.Pointer(uintptr(at)))
	pvTellList(info)
	return info
}

// pvCall makes a hypercall with arguments that are no pointers, or lead to memory that is always there.
func pvCall(op, a, b, c uintptr) int

// pvTables makes a hypercall with a list of n structures.
//
//go:noescape
func pvTables(op uintptr, list unsafe.Pointer, n uintptr) int

func pvStubs()
func pvFailsafe()
func pvCPUEntry()

const pvStubSize = 12

// pvStub is the address of a stub of pvStubs, which stand in this order.
func pvStub(i uintptr) uintptr { return abi.FuncPCABI0(pvStubs) + i*pvStubSize }
