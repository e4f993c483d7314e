//go:build mirage

package machine

import "unsafe"

// Boot is what the boot protocol said. Physical addresses; zero where there was nothing.
type Boot struct {
	CommandLine    string // the words for the system, as given; the program's are not among them
	InitrdPhys     uint64
	InitrdSize     uint64
	DeviceTreePhys uint64 // flattened device tree (arm64)
	RSDPPhys       uint64 // ACPI root pointer (amd64 PVH)
}

// BootInfo returns what the boot protocol said.
func BootInfo() Boot { return runtime_bootInfo() }

// MapDevice maps size bytes of device registers at phys, uncached and never executable, and returns where.
// A second call for the same range may return the same mapping. Fails with 0 when phys+size overflows or
// lies in RAM.
func MapDevice(phys, size uint64) uintptr { return runtime_mapDevice(phys, size) }

// MapTable returns size bytes of firmware tables or boot modules at phys as a read-only slice of RAM
// (cached), nil when the range overflows the physical address space. It does not allocate RAM.
func MapTable(phys, size uint64) []byte {
	p := runtime_mapTable(phys, size)
	if p == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), size)
}

// FreeInitrd frees the pages that lie whole in part of what MapTable has returned of the initrd: nobody reads them any more.
func FreeInitrd(part []byte) {
	runtime_freeInitrd(uintptr(unsafe.Pointer(unsafe.SliceData(part))), uintptr(len(part)))
}

// AllocPages returns n contiguous zeroed 4 KiB pages as a virtual and a physical address, 0, 0 when there
// are none.
func AllocPages(n int) (virt uintptr, phys uint64) { return runtime_allocPages(n) }

// FreePages gives back what AllocPages returned.
func FreePages(virt uintptr, n int) { runtime_freePages(virt, n) }

// BlockPages is how many pages a block of physical memory has: what the allocator and page tables hold in one piece.
const BlockPages = 512

// Inflate moves at most so many contiguous free pages, and at most a block, into the balloon, which the host has, and
// returns where they are and how many; 0 when the program needs what is free. The caller remembers those that are less
// than a block.
func Inflate(most int) (phys uint64, pages int) { return runtime_balloonInflate(most) }

// Deflate takes a block out of the balloon, 0 when there is none. Freed frees it.
func Deflate() (phys uint64) { return runtime_balloonDeflate() }

// Freed frees pages that were in the balloon.
func Freed(phys uint64, pages int) { runtime_balloonFree(phys, pages) }

// SetReclaimable says whether blocks may leave the balloon when memory is short before the host knows.
func SetReclaimable(may bool) { runtime_balloonReclaimable(may) }

// Reclaimed returns a block that has left the balloon so and that the host is to be told of, 0 when there is none.
func Reclaimed() (phys uint64) { return runtime_balloonReclaimed() }

// TakeUnused takes free blocks that the host does not know to be unused, puts their addresses into blocks, and returns
// how many they are. Nobody can have them until GiveUnused.
func TakeUnused(blocks []uint64) int { return runtime_takeUnused(blocks) }

// GiveUnused gives them back. The host has been told.
func GiveUnused(blocks []uint64) { runtime_giveUnused(blocks) }

// BalloonResized says that the balloon has another size and will keep it for a while: the memory limit follows, unless the
// program has set one.
func BalloonResized() { runtime_balloonResized() }

// Trim collects garbage and frees the pages that the heap does not need.
func Trim() { runtime_trim() }

// MemoryLine returns a Line that fires when Reclaimed or TakeUnused may have something. Called once.
func MemoryLine() Line {
	i := runtime_memoryLine()
	return note(Line(i), "memory", uint32(i))
}

// A Line is one interrupt line or message, by its number in the runtime's table.
type Line int32

// WiredLine attaches to the interrupt controller's input number: a GSI on amd64 (through the I/O APICs that
// AddIOAPIC named), a GIC INTID on arm64. It returns a negative Line when there is no such input.
func WiredLine(number uint32, level, activeLow bool) Line {
	return note(Line(runtime_irqWired(number, level, activeLow)), controller, number)
}

// MessageLine allocates a message-signalled interrupt and the address and data that raise it (amd64).
// It returns a negative Line when there is none left, or the architecture leaves messages to a driver.
func MessageLine() (l Line, addr uint64, data uint32) {
	i, addr, data := runtime_irqMessage()
	return note(Line(i), "MSI", uint32(i)), addr, data
}

// Wait parks the goroutine until the line has fired since the last Wait returned. A level-triggered line is
// masked from the moment it fires until the next Wait. One goroutine at a time may wait on a line.
func (l Line) Wait() { runtime_irqWait(int32(l)) }

// Close masks the line for good and wakes its waiter.
func (l Line) Close() { runtime_irqClose(int32(l)) }

// AddIOAPIC names an I/O APIC whose registers are at phys and whose first input is GSI base (amd64).
func AddIOAPIC(phys uint64, base uint32) { runtime_addIOAPIC(phys, base) }

// A Syscall serves one system call with Linux's numbers and conventions; errno is 0 on success.
type Syscall func(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr)

// SetSyscalls makes f serve every system call. f runs on a goroutine of its own while the caller is held and
// its stack kept where it is, so f may grow its stack, allocate and block.
func SetSyscalls(f Syscall) { runtime_setSyscalls(f) }

// Accessible reports whether [p, p+n) is mapped memory of the program, and writable if write is set.
func Accessible(p, n uintptr, write bool) bool { return runtime_accessible(p, n, write) }

// A Poller is told by the runtime's network poller which descriptors package internal/poll opens and closes.
// Open returns 0 or an errno (EPERM for a descriptor that is always ready, as epoll does); desc is to be given
// to Ready when the descriptor's state changes, until Close.
type Poller struct {
	Open  func(fd uintptr, desc uintptr) (errno int32)
	Close func(fd uintptr) (errno int32)
}

// SetPoller installs p. At most once.
func SetPoller(p Poller) { runtime_setPoller(p.Open, p.Close) }

// Ready wakes goroutines that wait on desc for mode: 'r', 'w', or 'r'+'w' for both.
func Ready(desc uintptr, mode int32) { runtime_pollReady(desc, mode) }

// ConsoleWrite writes p to the console of last resort (the UART that the boot found), polling.
func ConsoleWrite(p []byte) { runtime_consoleWrite(p) }

// SetLastScreen makes f part of every ConsoleWrite, and of what the runtime writes: it is called on any thread, on any stack but those
// of goroutines, and must not allocate, block or fault.
func SetLastScreen(f func(p []byte)) { runtime_setLastScreen(f) }

// AddEntropy mixes p into the runtime's random state. Crediting is the caller's affair.
func AddEntropy(p []byte) { runtime_addEntropy(p) }

// Random fills p from the runtime's seeded cryptographic generator.
func Random(p []byte) { runtime_random(p) }

// SetWallClock says that it is ns nanoseconds since 1970-01-01 UTC now.
func SetWallClock(ns int64) { runtime_setWallClock(ns) }

// AdjustWallClock makes the wall clock gain ns nanoseconds, which may be negative, within the next over nanoseconds, and go faster than
// Nanotime's by ppb parts in 10^9 for good. It never goes backwards for that. ns is at most a thousandth of over, and less than a second; ppb is
// at most 10^6.
func AdjustWallClock(ns, over, ppb int64) { runtime_adjustWallClock(ns, over, ppb) }

// Nanotime is the monotonic clock, nanoseconds since boot.
func Nanotime() int64 { return runtime_nanotime() }

// Sleep parks the goroutine for ns nanoseconds.
func Sleep(ns int64) { runtime_sleep(ns) }

// NewTimer returns a timer of the runtime that calls f with arg at time when of Nanotime's clock, where f must not wait.
// package clock makes something usable of it.
func NewTimer(when int64, f func(arg any, seq uintptr, delta int64), arg any) unsafe.Pointer {
	return runtime_newTimer(when, f, arg)
}

// ResetTimer makes timer t call at time when.
func ResetTimer(t unsafe.Pointer, when int64) { runtime_resetTimer(t, when) }

// StopTimer makes timer t not call.
func StopTimer(t unsafe.Pointer) { runtime_stopTimer(t) }

// WallClock is nanoseconds since 1970-01-01 UTC.
func WallClock() int64 { return runtime_wallClock() }

// SetPowerOff makes f, which must not return, part of every exit: it is called last, on any thread, must not
// allocate, block or fault, and turns the machine off or resets it.
func SetPowerOff(f func(code int32)) { runtime_setPowerOff(f) }

// CalledFromOutside says that from now on the system calls functions of the program: it is not in a deadlock when all its
// goroutines wait for each other.
func CalledFromOutside() { runtime_calledFromOutside() }

// Exit ends the machine with an exit code. It does not return.
func Exit(code int32) { runtime_exit(code) }

// Signal sends the program signal sig, from 1 to 31, as kill(2) with its own number does.
func Signal(sig uint32) { runtime_signal(sig) }

// Memory returns the machine's RAM in bytes and how much of it is free.
func Memory() (total, free uint64) { return runtime_memory() }

// Busy returns how long a CPU, from 0 to runtime.NumCPU()-1, has had something to do since the boot, nanoseconds. It
// never goes back.
func Busy(cpu int) int64 { return runtime_busy(cpu) }

// Arguments returns the program's arguments and its environment as they were at the boot. Not to be changed.
func Arguments() (args, environment []string) { return runtime_arguments() }

// IdleMemory returns how many bytes the heap has that it does not use and would give back.
func IdleMemory() uint64 { return runtime_idleMemory() }

// EachMapping calls f for each page that the CPU's page tables map, at va, of size bytes. For tests.
func EachMapping(f func(va, size uintptr, write, exec bool)) { runtime_eachMapping(f) }

// EachTable calls f for each page table that the CPU uses, by its physical address. For tests.
func EachTable(f func(phys uintptr)) { runtime_eachTable(f) }

// PhysicalAddress returns where the page tables map va to, ^0 when they do not.
func PhysicalAddress(va uintptr) uintptr { return runtime_physicalAddress(va) }

func runtime_physicalAddress(va uintptr) uintptr
func runtime_eachTable(f func(phys uintptr))
func runtime_eachMapping(f func(va, size uintptr, write, exec bool))
func runtime_bootInfo() Boot
func runtime_mapDevice(phys, size uint64) uintptr
func runtime_mapTable(phys, size uint64) uintptr
func runtime_allocPages(n int) (virt uintptr, phys uint64)
func runtime_freePages(virt uintptr, n int)
func runtime_memoryLine() int32
func runtime_balloonInflate(most int) (phys uint64, pages int)
func runtime_balloonDeflate() (phys uint64)
func runtime_balloonFree(phys uint64, pages int)
func runtime_balloonReclaimable(may bool)
func runtime_balloonReclaimed() (phys uint64)
func runtime_takeUnused(blocks []uint64) int
func runtime_giveUnused(blocks []uint64)
func runtime_balloonResized()
func runtime_trim()
func runtime_idleMemory() uint64
func runtime_irqWired(number uint32, level, activeLow bool) int32
func runtime_irqMessage() (line int32, addr uint64, data uint32)
func runtime_irqWait(line int32)
func runtime_irqClose(line int32)
func runtime_addIOAPIC(phys uint64, base uint32)
func runtime_setSyscalls(f func(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr))
func runtime_accessible(p, n uintptr, write bool) bool
func runtime_setPoller(open func(fd, desc uintptr) int32, close func(fd uintptr) int32)
func runtime_pollReady(desc uintptr, mode int32)
func runtime_consoleWrite(p []byte)
func runtime_setLastScreen(f func(p []byte))
func runtime_addEntropy(p []byte)
func runtime_random(p []byte)
func runtime_setWallClock(ns int64)
func runtime_adjustWallClock(ns, over, ppb int64)
func runtime_nanotime() int64
func runtime_sleep(ns int64)
func runtime_newTimer(when int64, f func(arg any, seq uintptr, delta int64), arg any) unsafe.Pointer
func runtime_resetTimer(t unsafe.Pointer, when int64)
func runtime_stopTimer(t unsafe.Pointer)
func runtime_wallClock() int64
func runtime_setPowerOff(f func(code int32))
func runtime_calledFromOutside()
func runtime_freeInitrd(virt, n uintptr)
func runtime_exit(code int32)
func runtime_signal(sig uint32)
func runtime_memory() (total, free uint64)
func runtime_busy(cpu int) int64
func runtime_arguments() (args, environment []string)
