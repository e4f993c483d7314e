//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// The runtime's side of package internal/mirage/machine, which documents each function.

type machineBoot struct {
	commandLine    string
	initrdPhys     uint64
	initrdSize     uint64
	deviceTreePhys uint64
	rsdpPhys       uint64
}

//go:linkname machine_bootInfo internal/mirage/machine.runtime_bootInfo
func machine_bootInfo() machineBoot {
	i := &bootInfo
	return machineBoot{
		commandLine:    unsafe.String(unsafe.SliceData(i.CommandLine), len(i.CommandLine)),
		initrdPhys:     i.Initrd.Start,
		initrdSize:     i.Initrd.Size(),
		deviceTreePhys: bootRangeOf(i.DeviceTree).Start,
		rsdpPhys:       i.RSDP,
	}
}

//go:linkname machine_mapDevice internal/mirage/machine.runtime_mapDevice
func machine_mapDevice(phys, size uint64) uintptr { return vmMapDevice(uintptr(phys), uintptr(size)) }

//go:linkname machine_mapTable internal/mirage/machine.runtime_mapTable
func machine_mapTable(phys, size uint64) uintptr { return vmMapTable(uintptr(phys), uintptr(size)) }

//go:linkname machine_freeInitrd internal/mirage/machine.runtime_freeInitrd
func machine_freeInitrd(virt, n uintptr) {
	lo, hi := uint64(virt-physBase), uint64(virt-physBase+n)
	if lo < bootInfo.Initrd.Start || hi > bootInfo.Initrd.End {
		throw("freeInitrd: not the initrd")
	}
	onTrapStack(func() { physGain(lo, hi) })
}

//go:linkname machine_allocPages internal/mirage/machine.runtime_allocPages
func machine_allocPages(n int) (virt uintptr, phys uint64) {
	pa := uintptr(0)
	onTrapStack(func() { pa = physAllocPages(uintptr(n)) })
	if pa == 0 {
		return 0, 0
	}
	memclrNoHeapPointers(physPointer(pa), uintptr(n)*pageSize4K)
	return physBase + pa, uint64(pa)
}

//go:linkname machine_freePages internal/mirage/machine.runtime_freePages
func machine_freePages(virt uintptr, n int) {
	onTrapStack(func() { physFree(virt-physBase, uintptr(n)) })
	balloonNews()
}

//go:linkname machine_memoryLine internal/mirage/machine.runtime_memoryLine
func machine_memoryLine() int32 {
	line := irqAlloc(0, false)
	physAlloc.balloon.line.Store(line)
	balloonNews()
	return line
}

//go:linkname machine_balloonInflate internal/mirage/machine.runtime_balloonInflate
func machine_balloonInflate(most int) (phys uint64, pages int) {
	pa, n := uintptr(0), uintptr(0)
	onTrapStack(func() { pa, n = balloonInflate(uintptr(most)) })
	return uint64(pa), int(n)
}

//go:linkname machine_balloonDeflate internal/mirage/machine.runtime_balloonDeflate
func machine_balloonDeflate() (phys uint64) {
	onTrapStack(func() { phys = uint64(balloonDeflate()) })
	return phys
}

//go:linkname machine_balloonFree internal/mirage/machine.runtime_balloonFree
func machine_balloonFree(phys uint64, pages int) {
	onTrapStack(func() { balloonFree(uintptr(phys), uintptr(pages)) })
	balloonNews()
}

//go:linkname machine_balloonReclaimable internal/mirage/machine.runtime_balloonReclaimable
func machine_balloonReclaimable(may bool) { physAlloc.balloon.mayTake = may }

//go:linkname machine_balloonReclaimed internal/mirage/machine.runtime_balloonReclaimed
func machine_balloonReclaimed() (phys uint64) {
	onTrapStack(func() { phys = uint64(balloonReclaimed()) })
	return phys
}

//go:linkname machine_takeUnused internal/mirage/machine.runtime_takeUnused
func machine_takeUnused(blocks []uint64) (n int) {
	clear(blocks) // memory fresh from the heap may have no page yet
	onTrapStack(func() { n = unusedTake(blocks) })
	return n
}

//go:linkname machine_giveUnused internal/mirage/machine.runtime_giveUnused
func machine_giveUnused(blocks []uint64) {
	onTrapStack(func() { unusedGive(blocks) })
}

//go:linkname machine_balloonResized internal/mirage/machine.runtime_balloonResized
func machine_balloonResized() { memoryLimitApply() }

//go:linkname machine_trim internal/mirage/machine.runtime_trim
func machine_trim() {
	GC()
	systemstack(func() { mheap_.scavengeAll() })
}

//go:linkname machine_irqWired internal/mirage/machine.runtime_irqWired
func machine_irqWired(number uint32, level, activeLow bool) int32 {
	return irqWired(number, level, activeLow)
}

//go:linkname machine_irqMessage internal/mirage/machine.runtime_irqMessage
func machine_irqMessage() (line int32, addr uint64, data uint32) { return irqMessage() }

//go:linkname machine_irqWait internal/mirage/machine.runtime_irqWait
func machine_irqWait(line int32) {
	netpollGenericInit() // whoever waits for an interrupt is woken by the poller
	irqWait(line)
}

//go:linkname machine_irqClose internal/mirage/machine.runtime_irqClose
func machine_irqClose(line int32) { irqClose(line) }

//go:linkname machine_irqCount internal/mirage/machine.runtime_irqCount
func machine_irqCount(line int32) uint64 { return irqLines[line].count.Load() }

//go:linkname machine_interrupts internal/mirage/machine.runtime_interrupts
func machine_interrupts(cpu int) (timer, others uint64) { return cpus[cpu].timers, cpus[cpu].wakes }

//go:linkname machine_addIOAPIC internal/mirage/machine.runtime_addIOAPIC
func machine_addIOAPIC(phys uint64, base uint32) { addIOAPIC(phys, base) }

//go:linkname machine_setSyscalls internal/mirage/machine.runtime_setSyscalls
func machine_setSyscalls(f func(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr)) {
	syscallServer = f
}

//go:linkname machine_accessible internal/mirage/machine.runtime_accessible
func machine_accessible(p, n uintptr, write bool) bool {
	want := vmRead
	if write {
		want |= vmWrite
	}
	return vmAccessible(p, n, want)
}

//go:linkname machine_setPoller internal/mirage/machine.runtime_setPoller
func machine_setPoller(open func(fd, desc uintptr) int32, close func(fd uintptr) int32) {
	poller.open, poller.close = open, close
}

//go:linkname machine_pollReady internal/mirage/machine.runtime_pollReady
func machine_pollReady(desc uintptr, mode int32) {
	pollReady((*pollDesc)(unsafe.Pointer(desc)), mode)
}

//go:linkname machine_consoleWrite internal/mirage/machine.runtime_consoleWrite
func machine_consoleWrite(p []byte) { consoleWrite(p) }

//go:linkname machine_setLastScreen internal/mirage/machine.runtime_setLastScreen
func machine_setLastScreen(f func(p []byte)) { lastScreen = f }

//go:linkname machine_addEntropy internal/mirage/machine.runtime_addEntropy
func machine_addEntropy(p []byte) { systemstack(func() { randomAdd(p) }) }

//go:linkname machine_random internal/mirage/machine.runtime_random
func machine_random(p []byte) { systemstack(func() { randomRead(p) }) }

//go:linkname machine_setWallClock internal/mirage/machine.runtime_setWallClock
func machine_setWallClock(ns int64) {
	wallChange(func(l *wallLaw, now int64) { l.offset = ns - now })
}

//go:linkname machine_adjustWallClock internal/mirage/machine.runtime_adjustWallClock
func machine_adjustWallClock(ns, over, ppb int64) {
	wallChange(func(l *wallLaw, now int64) {
		l.rate = ppb << 32 / 1e9
		l.slew, l.slewTime = ns<<32/over, over
	})
}

//go:linkname machine_nanotime internal/mirage/machine.runtime_nanotime
func machine_nanotime() int64 { return nanotime1() }

//go:linkname machine_sleep internal/mirage/machine.runtime_sleep
func machine_sleep(ns int64) { timeSleep(ns) }

//go:linkname machine_newTimer internal/mirage/machine.runtime_newTimer
func machine_newTimer(when int64, f func(arg any, seq uintptr, delta int64), arg any) unsafe.Pointer {
	return unsafe.Pointer(newTimer(when, 0, f, arg, nil))
}

//go:linkname machine_resetTimer internal/mirage/machine.runtime_resetTimer
func machine_resetTimer(t unsafe.Pointer, when int64) { resetTimer((*timeTimer)(t), when, 0) }

//go:linkname machine_stopTimer internal/mirage/machine.runtime_stopTimer
func machine_stopTimer(t unsafe.Pointer) { stopTimer((*timeTimer)(t)) }

//go:linkname machine_wallClock internal/mirage/machine.runtime_wallClock
func machine_wallClock() int64 { return wallAt(nanotime1()) }

//go:linkname machine_setPowerOff internal/mirage/machine.runtime_setPowerOff
func machine_setPowerOff(f func(code int32)) { powerOff = f }

//go:linkname machine_memory internal/mirage/machine.runtime_memory
func machine_memory() (total, free uint64) {
	return physAlloc.total * pageSize4K, atomic.Load64(&physAlloc.free) * pageSize4K
}

//go:linkname machine_busy internal/mirage/machine.runtime_busy
func machine_busy(cpu int) (ns int64) {
	onTrapStack(func() { ns = cpus[cpu].busyFor() })
	return ns
}

//go:linkname machine_arguments internal/mirage/machine.runtime_arguments
func machine_arguments() (args, environment []string) { return argslice, envs }

//go:linkname machine_idleMemory internal/mirage/machine.runtime_idleMemory
func machine_idleMemory() uint64 { return gcController.heapFree.load() }

//go:linkname machine_calledFromOutside internal/mirage/machine.runtime_calledFromOutside
func machine_calledFromOutside() { calledFromOutside.Store(true) }

//go:linkname machine_exit internal/mirage/machine.runtime_exit
func machine_exit(code int32) { exit(code) }

//go:linkname machine_signal internal/mirage/machine.runtime_signal
func machine_signal(sig uint32) {
	mp := acquirem() // until the signal has come: an idle thread would not get it
	t := mp.thread
	t.post(sig)
	onTrapStack(interruptSoon)
	for t.signalled() {
		procyield(10)
	}
	releasem(mp)
}

//go:linkname machine_eachMapping internal/mirage/machine.runtime_eachMapping
func machine_eachMapping(f func(va, size uintptr, write, exec bool)) {
	page := func(va, size uintptr, prot vmProt) { f(va, size, prot&vmWrite != 0, prot&vmExec != 0) }
	vmWalk(page, func(uintptr) {})
}

//go:linkname machine_eachTable internal/mirage/machine.runtime_eachTable
func machine_eachTable(f func(phys uintptr)) { vmWalk(func(va, size uintptr, prot vmProt) {}, f) }

//go:linkname machine_physicalAddress internal/mirage/machine.runtime_physicalAddress
func machine_physicalAddress(va uintptr) uintptr { return vmPhysical(va) }
