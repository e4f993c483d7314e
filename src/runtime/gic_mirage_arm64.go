//go:build mirage

package runtime

// The Generic Interrupt Controller: Arm GICv2 (IHI 0048) and GICv3 (IHI 0069). Interrupts of a GICv3 are put into group 1,
// which its CPU interface signals as IRQ; those of a GICv2 stay in the group that firmware or reset has put them into,
// which is the one that the first enable bit is for, as we see it (IHI 0048, 4.1.3).

// Registers of the distributor; a GICv3 has those of INTIDs below 32 in each CPU's redistributor, at the same offsets.
const (
	gicdCTLR       = 0x000  // RW, forward interrupts
	gicdTYPER      = 0x004  // RO, bits 0-4: INTIDs/32 - 1
	gicdIGROUPR    = 0x080  // RW, a bit an INTID: 1: group 1
	gicdISENABLER  = 0x100  // RW, a bit an INTID: writing 1 enables it
	gicdICENABLER  = 0x180  // RW, a bit an INTID: writing 1 disables it
	gicdIPRIORITYR = 0x400  // RW, a byte an INTID
	gicdITARGETSR  = 0x800  // RW, a byte an INTID: CPUs that get it, version 2
	gicdICFGR      = 0xc00  // RW, two bits an INTID: 2: edge-triggered
	gicdSGIR       = 0xf00  // WO, raise a software interrupt, version 2
	gicdIROUTER    = 0x6000 // RW, 64 bits an INTID: the CPU that gets it, version 3

	ctlrEnable   = 1 << 0  // version 2
	ctlrEnable1  = 1 << 1  // version 3: of group 1
	ctlrAffinity = 1 << 4  // version 3: ARE, CPUs are named by affinity
	ctlrPending  = 1 << 31 // version 3, RO: a write has not taken effect yet

	giccCTLR = 0x00
	giccPMR  = 0x04
	giccBPR  = 0x08
	giccIAR  = 0x0c
	giccEOIR = 0x10

	gicrTYPER = 0x0008 // RO, 64 bits: 32-63 affinity, 4: last of its region, 1: two more frames
	gicrWAKER = 0x0014 // bit 1, RW: asleep; bit 2, RO: not awake yet
	gicrFrame = 64 << 10
	gicrOwn   = gicrFrame // the frame with the registers that are like the distributor's

	firstShared  = 32   // INTIDs below are each CPU's own
	firstSpecial = 1020 // INTIDs from here on mean that there is none
	noPriority   = 0xa0a0a0a0
)

var gic struct {
	distributor  uintptr
	cpuInterface uintptr // version 2
	inputs       uint32  // INTIDs are below
}

// gicInit starts the interrupt controller, all inputs off but the timer.
func gicInit() {
	p := &platform
	if p.GIC == 0 || p.TimerIRQ == 0 {
		throw("boot: the device tree has no interrupt controller (GICv2, GICv3) with a virtual timer")
	}
	gic.distributor = gicMap(p.Distributor, 64<<10)
	gic.inputs = min(32*(deviceRead(gic.distributor+gicdTYPER)&31+1), firstSpecial)
	deviceWrite(gic.distributor+gicdCTLR, 0)
	gicWait(gic.distributor+gicdCTLR, ctlrPending)
	if p.GIC == 3 {
		deviceWrite(gic.distributor+gicdCTLR, ctlrAffinity)
		gicWait(gic.distributor+gicdCTLR, ctlrPending)
	}
	for id := uint32(firstShared); id < gic.inputs; id += 32 {
		gicReset(gic.distributor, id)
	}
	if p.GIC == 3 {
		deviceWrite(gic.distributor+gicdCTLR, ctlrAffinity|ctlrEnable1)
	} else {
		deviceWrite(gic.distributor+gicdCTLR, ctlrEnable)
		gic.cpuInterface = gicMap(p.CPUInterface, pageSize4K)
	}
	if !gicPrepareCPU(cpu0) {
		throw("boot: no redistributor of the interrupt controller is this CPU's")
	}
	gicInitCPU(cpu0)
}

// gicPrepareCPU finds the registers for the CPU c's own inputs, and reports whether there are some.
func gicPrepareCPU(c *vcpu) bool {
	c.arch.gic = gic.distributor
	if platform.GIC == 3 {
		c.arch.gic = gicFindRedistributor(c.arch.affinity)
	}
	return c.arch.gic != 0
}

// gicInitCPU makes interrupts reach the CPU that calls, c.
func gicInitCPU(c *vcpu) {
	if platform.GIC == 3 {
		gicWake(c.arch.gic - gicrOwn)
		gicReset(c.arch.gic, 0)
		gicEnableCPU()
	} else {
		gicReset(c.arch.gic, 0)
		// The registers of the CPU's own inputs tell which CPU reads them.
		c.arch.target = deviceRead(gic.distributor+gicdITARGETSR) & 0xff
		deviceWrite(gic.cpuInterface+giccPMR, 0xff) // all priorities
		deviceWrite(gic.cpuInterface+giccBPR, 0)
		deviceWrite(gic.cpuInterface+giccCTLR, ctlrEnable)
	}
	deviceWrite(c.arch.gic+gicdISENABLER, 1<<gicWakeID|1<<(platform.TimerIRQ%32))
}

func gicMap(pa uint64, n uintptr) uintptr {
	va := vmMapDevice(uintptr(pa), n)
	if pa == 0 || va == 0 {
		throw("boot: the interrupt controller's registers cannot be mapped")
	}
	return va
}

// gicWait waits until a bit of a register is clear, but not for ever.
//
//go:nosplit
func gicWait(reg uintptr, bit uint32) {
	for spin := 0; deviceRead(reg)&bit != 0 && spin < 1e6; spin++ {
		cpuRelax()
	}
}

// gicReset turns the 32 inputs from id on off; those that are shared go to the boot CPU.
func gicReset(regs uintptr, id uint32) {
	word := uintptr(id / 32 * 4)
	deviceWrite(regs+gicdICENABLER+word, ^uint32(0))
	if platform.GIC == 3 {
		deviceWrite(regs+gicdIGROUPR+word, ^uint32(0))
	}
	for i := uintptr(id); i < uintptr(id)+32; i += 4 {
		deviceWrite(regs+gicdIPRIORITYR+i, noPriority)
	}
}

// gicFindRedistributor returns the registers for its own inputs of the CPU with an affinity, 0 when there are none.
func gicFindRedistributor(affinity uint32) uintptr {
	const (
		virtualLPIs = 1 << 1
		last        = 1 << 4
	)
	for _, region := range platform.Redistributors {
		for at := region.Start; at+2*gicrFrame <= region.End; {
			regs := gicMap(at, 2*gicrFrame)
			if deviceRead(regs+gicrTYPER+4) == affinity {
				return regs + gicrOwn
			}
			typer := deviceRead(regs + gicrTYPER)
			if typer&last != 0 {
				break
			}
			switch {
			case platform.Stride >= 2*gicrFrame:
				at += platform.Stride
			case typer&virtualLPIs != 0:
				at += 4 * gicrFrame
			default:
				at += 2 * gicrFrame
			}
		}
	}
	return 0
}

// gicWake tells a redistributor that its CPU is there: IHI 0069, GICR_WAKER.
func gicWake(regs uintptr) {
	const asleep, notAwake = 1 << 1, 1 << 2
	deviceWrite(regs+gicrWAKER, deviceRead(regs+gicrWAKER)&^asleep)
	gicWait(regs+gicrWAKER, notAwake)
}

// Software interrupts.
const gicWakeID = 0 // gicWakeCPU

//go:nosplit
func gicWakeCPU(c *vcpu) {
	if platform.GIC == 2 {
		syncStores()
		deviceWrite(gic.distributor+gicdSGIR, c.arch.target<<16|gicWakeID)
		return
	}
	// IHI 0069, ICC_SGI1R_EL1: the CPU is one of 16 whose other affinities agree.
	a := uint64(c.arch.affinity)
	gicSend(a>>24<<48 | a&0xf0>>4<<44 | a>>16&0xff<<32 | gicWakeID<<24 | a>>8&0xff<<16 | 1<<(a&0xf))
}

// gicInterrupt handles one interrupt.
//
//go:nowritebarrierrec
func gicInterrupt() {
	var ack uint32
	if platform.GIC == 3 {
		ack = gicAcknowledge()
	} else {
		ack = deviceRead(gic.cpuInterface + giccIAR)
	}
	id := ack & 0x3ff // the rest is the CPU of a software interrupt, or zero
	switch {
	case id >= firstSpecial:
		return // none, or gone: there is nothing to end
	case id == platform.TimerIRQ:
		// It stays raised until the comparison is off or in the future.
		timerOff()
		timerInterrupt()
	case id == gicWakeID:
		wakeInterrupt()
	case id == platform.XenIRQ:
		xenEvents()
	default:
		fireInput(id)
	}
	if platform.GIC == 3 {
		gicEnd(ack)
	} else {
		deviceWrite(gic.cpuInterface+giccEOIR, ack)
	}
}

// gicUsable reports whether input id, shared by all CPUs, can have a line. None can be active low: IHI 0069, GICD_ICFGR.
func gicUsable(id uint32, level bool) bool {
	return id >= firstShared && id < gic.inputs && id != platform.TimerIRQ
}

// gicConfigure makes input id, which is off, level- or edge-triggered and leads it to the boot CPU. It holds irqLock for
// what it changes of other inputs' registers.
func gicConfigure(id uint32, level bool) {
	flags := irqLock.lock()
	config := gic.distributor + gicdICFGR + uintptr(id/16*4)
	edge := uint32(2) << (id % 16 * 2)
	v := deviceRead(config) &^ edge
	if !level {
		v |= edge
	}
	deviceWrite(config, v)
	if platform.GIC == 3 {
		mpidr := mpidrOf(cpu0.arch.affinity)
		deviceWrite(gic.distributor+gicdIROUTER+uintptr(id)*8, uint32(mpidr))
		deviceWrite(gic.distributor+gicdIROUTER+uintptr(id)*8+4, uint32(mpidr>>32))
	} else {
		target := gic.distributor + gicdITARGETSR + uintptr(id&^3)
		shift := id % 4 * 8
		deviceWrite(target, deviceRead(target)&^(0xff<<shift)|cpu0.arch.target<<shift)
	}
	irqLock.unlock(flags)
}

//go:nosplit
func gicMask(id uint32) {
	deviceWrite(gic.distributor+gicdICENABLER+uintptr(id/32*4), 1<<(id%32))
	if platform.GIC == 3 {
		// Until the controller has seen it, the interrupt can come again: IHI 0069, GICD_CTLR, RWP.
		gicWait(gic.distributor+gicdCTLR, ctlrPending)
	}
}

//go:nosplit
func gicUnmask(id uint32) {
	deviceWrite(gic.distributor+gicdISENABLER+uintptr(id/32*4), 1<<(id%32))
}

func gicSend(command uint64)
func gicEnableCPU()
func gicAcknowledge() uint32
func gicEnd(id uint32)
