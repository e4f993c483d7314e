//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/cpu"
	"internal/mirage/boot"
	"unsafe"
)

// What one CPU needs to run at EL1: its exception vectors and the stacks that traps switch to. Go runs on SP_EL0; a trap
// lands on SP_EL1, which is the running thread's trap stack, and goes on on SP_EL0 there.

type irqFlags uintptr

// cpuArch is the architecture's part of a cpu. Assembly knows faultTop.
type cpuArch struct {
	faultTop uintptr // stack for a trap in a trap handler
	affinity uint32  // the hardware's name for it, see affinityOf
	gic      uintptr // registers of the interrupt controller for its own inputs
	target   uint32  // GICv2: the bit that names it
}

const (
	bootMapped     = 4 << 30 // physical memory below which the boot's tables map RAM
	bootTablesSize = 11 * pageSize4K
	bootKeepFrom   = 0
)

// Set by rt0.
var (
	imageOffset uintptr // physical minus virtual address of the image
	deviceTree  uintptr // physical address, 0 when there is none
	bootTables  uintptr // physical address
)

// platform is what the device tree says of the machine, bootProblem what is wrong with it.
var (
	platform    boot.Platform
	bootProblem string
)

// readDeviceTree reads the device tree, all of which rt0 has mapped, and returns what is wrong with it.
func readDeviceTree() string {
	header := unsafe.Slice((*byte)(physPointer(deviceTree)), boot.TreeHeaderSize)
	blob := unsafe.Slice(unsafe.SliceData(header), boot.TreeSize(header))
	return bootInfo.ReadPlatform(&platform, blob)
}

// bootRead makes RAM reachable by the boot's tables.
func bootRead([]byte) string {
	if bootProblem == "" {
		bootMapRAM()
	}
	return bootProblem
}

// trapInit lets traps arrive on the boot CPU.
func trapInit() {
	cpu.HWCap = hwcap()
	t := &thread0
	cpu0 = (*vcpu)(permanentAlloc(unsafe.Sizeof(vcpu{})))
	t.init(cpu0, &m0)
	m0.thread = t
	cpus[0], nCPUs = cpu0, 1
	cpu0.prepare(0, affinityOf(readMPIDR()))
	cpu0.load(t)
	trapsReady = true
	cpu0.makeIdle(abi.FuncPCABI0(idleEntry))
	syscallNewRecord(t)
}

// thread0 is m0's: it runs already when the memory that other threads come from is filled by its faults.
var thread0 thread

// prepare gives c what it has before it runs.
func (c *vcpu) prepare(id, affinity uint32) {
	c.self = c
	c.id = id
	c.arch.affinity = affinity
	_, c.arch.faultTop = vmNewStack(8 << 10)
}

// load makes c the CPU that calls, on which t runs.
func (c *vcpu) load(t *thread) {
	t.onCPU.Store(1)
	c.current = t
	c.enter(t)
	loadVectors(abi.FuncPCABI0(trapVectors), c)
	c.online.Store(1)
}

// makeIdle gives c its idle thread, which begins at pc.
func (c *vcpu) makeIdle(pc uintptr) {
	c.idle = newThread(c, nil)
	_, hi := vmNewStack(8 << 10)
	c.idle.sp = threadFrame(hi, pc, &c.idle.trapg)
}

// affinityOf packs the four levels of affinity of MPIDR_EL1 (DDI 0487, D17.2.98) as a GICv3 and bootInfo.CPUs do.
func affinityOf(mpidr uint64) uint32 { return uint32(mpidr&0xffffff | mpidr>>8&0xff000000) }

// mpidrOf is the opposite.
func mpidrOf(affinity uint32) uint64 { return uint64(affinity)&0xffffff | uint64(affinity)>>24<<32 }

// enter makes the CPU's traps land on t's stack.
//
//go:nosplit
func (c *vcpu) enter(t *thread) { setTrapStack(t.trapStack.hi) }

// threadStart gives mp's thread a first frame, from which switchTo begins it in mstart.
//
//go:nowritebarrier
func threadStart(mp *m) {
	if mp.thread.record == 0 {
		syscallNewRecord(mp.thread)
	}
	mp.thread.sp = threadFrame(mp.g0.stack.hi-64, abi.FuncPCABI0(threadEntry), mp.g0)
}

// A switchFrame is what switchTo leaves on the stack of a thread that does not run.
type switchFrame struct {
	fp, pc, g uintptr
	daif      uintptr // what is masked
}

// threadFrame puts one below top.
//
//go:nowritebarrier
func threadFrame(top, pc uintptr, gp *g) uintptr {
	f := (*switchFrame)(unsafe.Pointer(top&^15 - unsafe.Sizeof(switchFrame{})))
	*f = switchFrame{pc: pc, g: uintptr(unsafe.Pointer(gp)), daif: daifIRQ}
	return uintptr(unsafe.Pointer(f))
}

// daifIRQ masks interrupts, in DAIF and in PSTATE.
const daifIRQ = 1 << 7

// fpStateSize is what a trap needs to save the floating-point and vector state: 32 registers, FPSR and FPCR.
const fpStateSize = 32*16 + 2*8

// hwcap says what instructions there are beyond the base, as Linux says it to programs (Linux,
// Documentation/arch/arm64/elf_hwcaps.rst): by fields of the CPU's ID registers. A vector unit that is not turned on
// (SVE) is not among them.
func hwcap() uint {
	isar0, pfr0 := readISAR0(), readPFR0()
	bits := uint(1<<11 | // CPUID: a program can read the ID registers
		1<<0 | 1<<1) // FP, ASIMD
	for _, f := range [...]struct {
		reg      uint64
		shift    uint
		atLeast  uint64
		hwcapBit uint
	}{
		{isar0, 4, 1, 3},   // AES
		{isar0, 4, 2, 4},   // PMULL
		{isar0, 8, 1, 5},   // SHA1
		{isar0, 12, 1, 6},  // SHA2
		{isar0, 16, 1, 7},  // CRC32
		{isar0, 20, 2, 8},  // ATOMICS
		{isar0, 28, 1, 12}, // ASIMDRDM
		{isar0, 32, 1, 17}, // SHA3
		{isar0, 36, 1, 18}, // SM3
		{isar0, 40, 1, 19}, // SM4
		{isar0, 44, 1, 20}, // ASIMDDP
		{isar0, 12, 2, 21}, // SHA512
		{pfr0, 48, 1, 24},  // DIT
	} {
		if f.reg>>f.shift&15 >= f.atLeast {
			bits |= 1 << f.hwcapBit
		}
	}
	return bits
}

//go:nosplit
func cputicks() int64 { return int64(counterRead()) }

// Functions of firmware: Arm Power State Coordination Interface (DEN0022), 5.1.
const (
	psciCPUOn       = 0xc4000003
	psciSystemOff   = 0x84000008
	psciSystemReset = 0x84000009
)

// haltForever turns the machine off, if firmware can.
//
//go:nosplit
func haltForever() {
	if piBase != 0 {
		piEnd(true)
	}
	psci(psciSystemOff, 0, 0, 0)
	waitForInterrupt()
}

// resetCPU resets the machine.
//
//go:nosplit
func resetCPU() {
	if piBase != 0 {
		piEnd(false)
		waitForInterrupt()
	}
	psci(psciSystemReset, 0, 0, 0)
}

// psci calls firmware and returns its answer, 0 for success.
//
//go:nosplit
func psci(function, a1, a2, a3 uintptr) int32 {
	switch platform.PSCI {
	case boot.HVC:
		return hvc(function, a1, a2, a3)
	case boot.SMC:
		return smc(function, a1, a2, a3)
	}
	return -1
}

// debugExit tells a debugger or emulator that listens the exit code: Arm semihosting, SYS_EXIT_EXTENDED. Where none does
// the instruction is undefined, and trap goes on behind it.
//
//go:nosplit
func debugExit(code int32) {
	const applicationExit = 0x20026 // ADP_Stopped_ApplicationExit
	semihostExit(&[2]uintptr{applicationExit, uintptr(code)})
}

func trapVectors()
func threadEntry()
func idleEntry()

func loadVectors(vectors uintptr, c *vcpu)
func setTrapStack(top uintptr)
func readISAR0() uint64
func readPFR0() uint64
func readMPIDR() uint64
func hvc(function, a1, a2, a3 uintptr) int32
func smc(function, a1, a2, a3 uintptr) int32

//go:noescape
func semihostExit(block *[2]uintptr)

// thisCPU is the CPU that runs this; with interrupts on it may be another one by the next instruction.
func thisCPU() *vcpu

// irqDisable turns interrupts off on this CPU and returns what irqRestore needs.
func irqDisable() irqFlags
func irqRestore(flags irqFlags)
func irqEnable()

// irqWaitAndEnable halts until an interrupt; interrupts are off before and on after.
func irqWaitAndEnable()
func waitForInterrupt()
func cpuRelax()
