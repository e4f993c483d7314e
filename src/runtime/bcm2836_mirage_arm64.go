//go:build mirage

package runtime

// The interrupt controllers of a BCM2836 and BCM2837: each core's own (QA7: BCM2836 ARM-local peripherals, revision 3.4), to
// which that of the BCM2835 (BCM2835 ARM Peripherals, 7) is one more source. Inputs are numbered as Linux has them, bank after
// bank: 0-63 are the GPU's (7.5, pending 1 and 2), 64-71 the ARM's own (pending base). All are level-sensitive and high.

// Registers of the cores: QA7, 4.
const (
	localControl   = 0x00 // RW, bit 8: the timer counts by 2
	localPrescaler = 0x08 // RW, 0x80000000 divides by one
	localRouting   = 0x0c // RW, the core that gets the GPU's interrupts: bits 0-1
	localTimers    = 0x40 // RW, a word a core: bit 3: the virtual timer's interrupt is an IRQ
	localMailboxes = 0x50 // RW, a word a core: bit 0: mailbox 0's is
	localSource    = 0x60 // RO, a word a core: what raises IRQ
	localSet       = 0x80 // WO, four mailboxes a core: sets bits
	localClear     = 0xc0 // RW, likewise: clears bits

	divideByOne   = 1 << 31
	sourceTimer   = 1 << 3
	sourceMailbox = 1 << 4
	sourceGPU     = 1 << 8
	localRegs     = 0x100
)

// Registers of the BCM2835's controller, from its base at boot.PiInterrupts: 7.5.
const (
	armPendingBase = 0x00 // RO
	armPending1    = 0x04 // RO
	armEnable1     = 0x10 // RW, then 2 and base: writing 1 enables
	armDisable1    = 0x1c // RW, then 2 and base: writing 1 disables

	armInputs = 64 // the first of the ARM's own
	inputs    = armInputs + 8
)

var local struct {
	regs uintptr // the cores'
	arm  uintptr // the BCM2835's
}

func localInit() {
	local.regs = vmMapDevice(uintptr(platform.Pi.Local), localRegs)
	local.arm = piMap(piInterrupts, pageSize4K)
	if local.regs == 0 || local.arm == 0 {
		throw("boot: the interrupt controller's registers cannot be mapped")
	}
	// As firmware leaves them; where we are started at EL3 there was none.
	deviceWrite(local.regs+localControl, 0)
	deviceWrite(local.regs+localPrescaler, divideByOne)
	deviceWrite(local.regs+localRouting, cpu0.arch.affinity&3)
	for bank := uintptr(0); bank < 3; bank++ {
		deviceWrite(local.arm+armDisable1+4*bank, ^uint32(0))
	}
	localInitCPU(cpu0)
}

// localPrepareCPU reports whether c is one of four cores.
func localPrepareCPU(c *vcpu) bool { return c.arch.affinity < 4 }

func localInitCPU(c *vcpu) {
	core := uintptr(c.arch.affinity) & 3
	deviceWrite(local.regs+localClear+16*core, ^uint32(0))
	deviceWrite(local.regs+localTimers+4*core, sourceTimer)
	deviceWrite(local.regs+localMailboxes+4*core, 1)
}

//go:nosplit
func localWakeCPU(c *vcpu) {
	syncStores()
	deviceWrite(local.regs+localSet+16*uintptr(c.arch.affinity&3), 1)
}

// localInterrupt handles what interrupts this core.
//
//go:nowritebarrierrec
func localInterrupt() {
	core := uintptr(thisCPU().arch.affinity) & 3
	source := deviceRead(local.regs + localSource + 4*core)
	if source&sourceTimer != 0 {
		// It stays raised until the comparison is off or in the future.
		timerOff()
		timerInterrupt()
	}
	if source&sourceMailbox != 0 {
		deviceWrite(local.regs+localClear+16*core, ^uint32(0))
		wakeInterrupt()
	}
	if source&sourceGPU != 0 {
		localFire(0, deviceRead(local.arm+armPending1))
		localFire(32, deviceRead(local.arm+armPending1+4))
		localFire(armInputs, deviceRead(local.arm+armPendingBase)&0xff)
	}
}

// localFire marks the lines of the inputs from first on that a register says are pending. What nobody has a line for is
// turned off.
//
//go:nowritebarrierrec
func localFire(first, pending uint32) {
	for id := first; pending != 0; id, pending = id+1, pending>>1 {
		if pending&1 == 0 {
			continue
		}
		if inputLines[id] == 0 {
			localMask(id)
		}
		fireInput(id)
	}
}

func localUsable(id uint32, level bool) bool { return id < inputs && level }

//go:nosplit
func localMask(id uint32) { deviceWrite(local.arm+armDisable1+uintptr(id/32*4), 1<<(id%32)) }

//go:nosplit
func localUnmask(id uint32) { deviceWrite(local.arm+armEnable1+uintptr(id/32*4), 1<<(id%32)) }
