//go:build mirage

package runtime

import (
	"internal/abi"
	"unsafe"
)

// What one CPU needs to run in 64-bit mode: its descriptor tables, its task state with the stacks that traps switch to.

type irqFlags uintptr

// cpuArch is the architecture's part of a cpu. The CPU reads it, so fields have their architectural layout.
type cpuArch struct {
	_          [0]uint64
	gdt        [5]uint64 // null, code, data, task state (two)
	tss        [26]uint32
	faultStack stack // for double faults, machine checks and NMIs
	apicID     uint32

	// Of a PV guest.
	info                xenCPU    // what Xen and this CPU tell each other
	saved               [2]uint64 // by pvTrap
	timerPort, wakePort uint32
}

// tableRegister is the operand of LGDT and LIDT, from limit on.
type tableRegister struct {
	_     [3]uint16
	limit uint16
	base  uintptr
}

const (
	selectorCode = 1 * 8
	selectorData = 2 * 8
	selectorTask = 3 * 8

	// Interrupt stack table entries. Intel SDM volume 3, 6.14.5.
	istTrap  = 1
	istFault = 2

	vectorTimer    = 0x20
	vectorWake     = 0x21
	vectorFlush    = 0x22
	vectorXen      = 0x23
	vectorLine     = 0x30 // and up: interrupt lines
	vectorLast     = 0xef
	vectorSpurious = 0xff
)

// idt is shared by all CPUs. It lies where page tables do: what has written it once cannot write it any more.
var idt *[256][2]uint64

// bootRead reads what the loader said.
func bootRead(mem []byte) string {
	if xenPV {
		return pv.problem
	}
	problem := bootInfo.ReadPVH(mem, uint64(startInfo))
	bootInfo.ReadCPUs(mem)
	return problem
}

const (
	bootTablesSize = 7 * pageSize4K
	imageOffset    = 0 // physical minus virtual address of the image
	bootKeepFrom   = 0
)

// bootMapped is how much physical memory the first tables map: see rt0, and pvStart.
var bootMapped uint64 = 4 << 30

var startInfo uintptr // physical address, from rt0
var bootTables uintptr

// bootMapShared makes a page that is not RAM reachable at physBase: all below bootMapped is.
func bootMapShared(pa uintptr) {}

// vmUse switches to the page tables at root.
func vmUse(root uintptr) {
	xenConsoleRemap()
	writeCR3(root)
}

// trapInit lets traps arrive on the boot CPU.
func trapInit() {
	if xenPV {
		pvTrapInit()
	} else {
		protectInit()
		gatesInit()
	}
	fpInit()
	cpu0 = (*vcpu)(permanentAlloc(unsafe.Sizeof(vcpu{})))
	t := &thread0
	t.init(cpu0, &m0)
	t.tls = uintptr(unsafe.Pointer(&m0.tls)) + 8
	m0.thread = t
	cpus[0], nCPUs = cpu0, 1
	cpu0.prepare(0)
	cpu0.load(t)
	trapsReady = true
	cpu0.makeIdle()
}

// gatesInit fills the interrupt table.
func gatesInit() {
	stubs := abi.FuncPCABI0(trapStubs)
	page := vmNewTable()
	if page == 0 {
		throw("boot: no memory for the interrupt table")
	}
	idt = (*[256][2]uint64)(physPointer(page))
	gates := (*[256][2]uint64)(tablePointer(page))
	for v := range gates {
		h := uint64(stubs) + uint64(v)*trapStubSize
		ist := uint64(istTrap)
		if v == 2 || v == 8 || v == 18 {
			ist = istFault
		}
		// Intel SDM volume 3, 6.14.1: a 64-bit interrupt gate.
		gates[v][0] = h&0xffff | selectorCode<<16 | ist<<32 | 0x8e<<40 | (h>>16&0xffff)<<48
		gates[v][1] = h >> 32
	}
}

// protectInit turns on what the CPU has against use of memory and tables by the wrong side: Intel SDM volume 3, 2.5 and
// 4.6. No page here is a user's, so code neither fetches from nor reads one that an entry gone wrong would make. WP and
// NXE, without which read-only and no-execute mean nothing, have been on since rt0. The other CPUs copy CR4.
func protectInit() {
	const (
		cpuidSMEP, cpuidSMAP = 1 << 7, 1 << 20 // leaf 7 EBX
		cpuidUMIP            = 1 << 2          // leaf 7 ECX
		cr4UMIP              = 1 << 11
		cr4SMEP              = 1 << 20
		cr4SMAP              = 1 << 21
	)
	if leaves, _, _, _ := cpuid(0, 0); leaves < 7 {
		return
	}
	_, ebx, ecx, _ := cpuid(7, 0)
	bits := uintptr(0)
	if ebx&cpuidSMEP != 0 {
		bits |= cr4SMEP
	}
	if ebx&cpuidSMAP != 0 {
		bits |= cr4SMAP
	}
	if ecx&cpuidUMIP != 0 {
		bits |= cr4UMIP
	}
	setCR4(bits)
}

// thread0 is m0's: it runs already when the memory that other threads come from is filled by its faults.
var thread0 thread

// prepare fills c's tables.
func (c *vcpu) prepare(id uint32) {
	a := &c.arch
	c.self = c
	c.id = id
	if xenPV {
		c.pvPrepare()
		return
	}
	// Intel SDM volume 3, 3.4.5 and 7.2.3.
	a.gdt[1] = 0x00af9a000000ffff
	a.gdt[2] = 0x00cf92000000ffff
	tss := uint64(uintptr(unsafe.Pointer(&a.tss)))
	a.gdt[3] = 103 | tss&0xffffff<<16 | 0x89<<40 | tss>>24&0xff<<56
	a.gdt[4] = tss >> 32
	a.faultStack.lo, a.faultStack.hi = vmNewStack(8 << 10)
	a.setIST(istFault, a.faultStack.hi)
}

// load makes c the CPU that calls, on which t runs.
func (c *vcpu) load(t *thread) {
	t.onCPU.Store(1)
	c.current = t
	c.enter(t)
	if xenPV {
		c.pvLoad()
	} else {
		c.loadTables()
	}
	c.online.Store(1)
}

// loadTables has the CPU that calls use c's tables.
func (c *vcpu) loadTables() {
	a := &c.arch
	gdtr := tableRegister{limit: uint16(unsafe.Sizeof(a.gdt) - 1), base: uintptr(unsafe.Pointer(&a.gdt))}
	idtr := tableRegister{limit: uint16(unsafe.Sizeof(*idt) - 1), base: uintptr(unsafe.Pointer(idt))}
	wrmsr(msrGSBase, uintptr(unsafe.Pointer(c)))
	loadTables(unsafe.Pointer(&gdtr.limit), unsafe.Pointer(&idtr.limit), selectorTask)
	syscallInit()
}

// makeIdle gives c its idle thread.
func (c *vcpu) makeIdle() {
	c.idle = newThread(c, nil)
	_, hi := vmNewStack(8 << 10)
	c.idle.sp = threadFrame(hi, abi.FuncPCABI0(idleEntry))
	c.idle.setSlot(&c.idle.trapg)
}

// setIST sets entry i of the interrupt stack table: Intel SDM volume 3, figure 7-11.
//
//go:nosplit
func (a *cpuArch) setIST(i int, sp uintptr) {
	a.tss[9+2*(i-1)] = uint32(sp)
	a.tss[10+2*(i-1)] = uint32(sp >> 32)
}

// enter makes the CPU's traps land on t's stack.
//
//go:nosplit
func (c *vcpu) enter(t *thread) { c.arch.setIST(istTrap, t.trapStack.hi) }

// threadStart gives mp's thread a first frame, from which switchTo begins it in mstart.
//
//go:nowritebarrier
func threadStart(mp *m) {
	mp.thread.setSlot(mp.g0)
	mp.thread.sp = threadFrame(mp.g0.stack.hi-64, abi.FuncPCABI0(threadEntry))
}

// setSlot lets t begin as gp.
//
//go:nowritebarrier
func (t *thread) setSlot(gp *g) {
	t.gslot = uintptr(unsafe.Pointer(gp))
	t.tls = uintptr(unsafe.Pointer(&t.gslot)) + 8
}

// threadFrame puts what switchTo pops below top: flags, BP, the address to go on at.
//
//go:nowritebarrier
func threadFrame(top, pc uintptr) uintptr {
	f := (*[3]uintptr)(unsafe.Pointer(top&^15 - 24))
	f[0] = 2 // RFLAGS: interrupts off
	f[1] = 0
	f[2] = pc
	return uintptr(unsafe.Pointer(f))
}

// fpStateSize is what a trap needs to save the floating-point and vector state.
var fpStateSize uintptr = 512

// fpXSAVE says that XSAVE saves the state, else FXSAVE does.
var fpXSAVE bool

// fpMask is the state that is on, for XCR0.
var fpMask uintptr

// fpInit turns on what vector state the CPU has: Intel SDM volume 1, 13.3.
func fpInit() {
	const (
		cpuidXSAVE = 1 << 26 // leaf 1 ECX
		wanted     = 0xe7    // x87, SSE, AVX, the three of AVX-512
	)
	_, _, ecx, _ := cpuid(1, 0)
	if ecx&cpuidXSAVE == 0 {
		return
	}
	fpXSAVE = true
	supported, _, _, _ := cpuid(0xd, 0)
	mask := supported & wanted
	if mask&0xe0 != 0xe0 {
		mask &^= 0xe0 // all of AVX-512 or nothing
	}
	if mask&4 == 0 {
		mask &= 3
	}
	fpMask = uintptr(mask)
	fpLoad()
	_, size, _, _ := cpuid(0xd, 0) // EBX: for what XCR0 enables
	fpStateSize = uintptr(size)
}

// fpLoad turns it on for the CPU that calls.
func fpLoad() {
	const cr4OSXSAVE = 1 << 18
	if fpXSAVE {
		setCR4(cr4OSXSAVE)
		xsetbv(0, fpMask)
	}
}

const (
	msrAPICBase = 0x1b
	msrGSBase   = 0xc0000101
)

func trapStubs()
func threadEntry()
func idleEntry()

//go:noescape
func loadTables(gdtr, idtr unsafe.Pointer, task uintptr)
func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
func wrmsr(msr uint32, v uintptr)
func rdmsr(msr uint32) uintptr
func readCR3() uintptr
func writeCR3(v uintptr)
func readCR4() uintptr

// setCR4 sets bits of CR4; none is ever cleared.
func setCR4(bits uintptr)
func readCR2() uintptr
func xsetbv(reg uint32, v uintptr)
func invlpg(va uintptr)
func inb(port uint16) uint8
func outb(port uint16, v uint8)
func outl(port uint16, v uint32)

// thisCPU is the CPU that runs this; with interrupts on it may be another one by the next instruction.
func thisCPU() *vcpu

// irqDisable turns interrupts off on this CPU and returns what irqRestore needs.
func irqDisable() irqFlags
func irqRestore(flags irqFlags)
func irqEnable()

// irqWaitAndEnable halts until an interrupt; interrupts are off before and on after.
func irqWaitAndEnable()
func haltForever()
func cpuRelax()
func resetCPU()
