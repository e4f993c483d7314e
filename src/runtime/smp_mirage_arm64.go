//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/mirage/boot"
	"unsafe"
)

// The other CPUs: firmware starts them with the MMU off at cpuStart (rt0_mirage_arm64.s), which takes the way that the boot
// CPU has taken; or they wait for us in a loop of the firmware's, and begin at cpuSpun.

// startCPUs starts the CPUs that the device tree lists, one after the other. One that does not come is left out.
func startCPUs() {
	for n, affinity := range bootInfo.CPUs() {
		if affinity == cpu0.arch.affinity || nCPUs == boot.MaxCPUs {
			continue
		}
		c := (*vcpu)(permanentAlloc(unsafe.Sizeof(vcpu{})))
		c.prepare(uint32(nCPUs), affinity)
		c.makeIdle(abi.FuncPCABI0(cpuEntry))
		if !interruptsPrepareCPU(c) || !startFirst(c, bootInfo.ReleaseAddress(n)) {
			continue
		}
		// A host with much to do may let it wait for long.
		for end := nanotime1() + 10e9; c.online.Load() == 0 && nanotime1() < end; {
			cpuRelax()
		}
		if c.online.Load() == 0 {
			print("mirage: the CPU with affinity ", hex(affinity), " did not start\n")
			continue
		}
		cpus[nCPUs] = c
		nCPUs++
	}
}

// startFirst has c's CPU begin, and reports whether it will.
func startFirst(c *vcpu, release uint64) bool {
	if release != 0 {
		return startSpinning(c, release, abi.FuncPCABI0(cpuSpun)+imageOffset)
	}
	entry := abi.FuncPCABI0(cpuStart) + imageOffset
	return psci(psciCPUOn, uintptr(mpidrOf(c.arch.affinity)), entry, uintptr(unsafe.Pointer(c))) == 0
}

// startCPU makes the CPU that calls the one whose idle thread this is.
func startCPU() {
	c := thisCPU()
	interruptsInitCPU(c)
	c.load(c.idle)
	idleLoop()
}

func cpuStart()
func cpuEntry()
