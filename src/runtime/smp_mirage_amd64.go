//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/mirage/boot"
	"unsafe"
)

// The other CPUs: started with INIT and SIPI (Intel SDM volume 3, 9.4), they come in real mode at a page below 1 MiB,
// where trampoline has put the way to startCPU.

const (
	icrInit    = 5<<8 | 1<<14
	icrStartup = 6<<8 | 1<<14
	icrPending = 1 << 12

	cpuPatience = 10e9 // ns to wait for a CPU that the firmware has listed
)

// sendIPI sends an interrupt command to the CPU with an APIC ID.
//
//go:nosplit
func sendIPI(apic uint32, command uint32) {
	flags := irqDisable()
	if apicRegs == 0 {
		wrmsr(0x800+apicICR>>4, uintptr(apic)<<32|uintptr(command))
	} else {
		apicWrite(apicICRHigh, apic<<24)
		apicWrite(apicICR, command)
		for apicRead(apicICR)&icrPending != 0 {
			cpuRelax()
		}
	}
	irqRestore(flags)
}

// wakeCPU interrupts c, so that it looks at its run queue and its thread's signals.
//
//go:nosplit
func wakeCPU(c *vcpu) {
	if xenPV {
		pvWake(c)
		return
	}
	sendIPI(c.arch.apicID, vectorWake)
}

// sendFlush interrupts c for flushIfAsked.
//
//go:nosplit
func sendFlush(c *vcpu) {
	if xenPV {
		pvWake(c)
		return
	}
	sendIPI(c.arch.apicID, vectorFlush)
}

// startCPUs starts the CPUs that the firmware lists, one after the other. One that does not come is left out.
func startCPUs() {
	if xenPV {
		pvStartCPUs()
		return
	}
	page := trampolinePage()
	if page == 0 || len(bootInfo.CPUs()) < 2 {
		return
	}
	// The page is executed where it lies, and not written there.
	vmMapLinear(page, page, pageSize4K, vmRead|vmExec, false)
	for _, id := range bootInfo.CPUs() {
		if id == cpu0.arch.apicID || nCPUs == boot.MaxCPUs || apicRegs != 0 && id > 254 {
			continue
		}
		c := (*vcpu)(permanentAlloc(unsafe.Sizeof(vcpu{})))
		c.prepare(uint32(nCPUs))
		c.arch.apicID = id
		c.makeIdle()
		writeTrampoline(page, c)
		sendIPI(id, icrInit)
		wait(func() bool { return false }, 200e3) // 10 ms on CPUs of the 1990s
		// A SIPI may be lost, and a host with much to do may let a CPU wait for long. One that has started takes no notice of
		// another SIPI.
		for end := nanotime1() + cpuPatience; c.online.Load() == 0 && nanotime1() < end; {
			sendIPI(id, icrStartup|uint32(page>>12))
			wait(func() bool { return c.online.Load() != 0 }, 50e6)
		}
		if c.online.Load() == 0 {
			sendIPI(id, icrInit) // or it would start later, where its way no longer is
			print("mirage: the CPU with APIC ID ", id, " did not start\n")
			continue
		}
		cpus[nCPUs] = c
		nCPUs++
	}
	vmEntry(page, 0, false).clear()
	vmForgetAll()
	memclrNoHeapPointers(physPointer(page), pageSize4K)
}

// wait spins until done, at most ns nanoseconds.
func wait(done func() bool, ns int64) {
	for end := nanotime1() + ns; nanotime1() < end && !done(); {
		cpuRelax()
	}
}

// trampolinePage finds a page of RAM below 1 MiB that firmware does not use, 0 when there is none.
func trampolinePage() uintptr {
	for _, r := range bootInfo.RAM() {
		if at := max(r.Start, 0x1000); at < r.End && at < 0xa0000 {
			return uintptr(at)
		}
	}
	return 0
}

// cpuEntry is where a CPU comes in 64-bit mode, on its idle thread's stack, with its vcpu in DI.
func cpuEntry()

// writeTrampoline writes the code that takes c's CPU from real mode at page to cpuEntry. Intel SDM volume 3, 10.8.5.
func writeTrampoline(page uintptr, c *vcpu) {
	const gdt, gdtr, code32, code64 = 0xf00, 0xf28, 0x40, 0x90
	p := (*[pageSize4K]byte)(physPointer(page))
	clear(p[:])
	at := 0
	put := func(b ...byte) { at += copy(p[at:], b) }
	put32 := func(v uintptr) { put(byte(v), byte(v>>8), byte(v>>16), byte(v>>24)) }
	put64 := func(v uintptr) { put32(v); put32(v >> 32) }

	at = gdt
	put64(0)
	put64(0x00af9a000000ffff) // 0x08: 64-bit code
	put64(0x00cf92000000ffff) // 0x10: data, both as in cpuArch.gdt
	put64(0x00cf9a000000ffff) // 0x18: 32-bit code
	at = gdtr
	put(31, 0)
	put32(page + gdt)

	at = 0
	put(0xfa, 0xfc)             // CLI; CLD
	put(0x8c, 0xc8, 0x8e, 0xd8) // MOV AX, CS; MOV DS, AX
	put(0x66, 0x0f, 0x01, 0x16) // LGDT [gdtr]
	put(gdtr&0xff, gdtr>>8)     //
	put(0x0f, 0x20, 0xc0)       // MOV EAX, CR0
	put(0x0c, 0x01)             // OR AL, 1: protected mode
	put(0x0f, 0x22, 0xc0)       // MOV CR0, EAX
	put(0x66, 0xea)             // JMP 0x18:code32
	put32(page + code32)
	put(0x18, 0x00)

	at = code32
	put(0x66, 0xb8, 0x10, 0x00)             // MOV AX, 0x10
	put(0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0) // MOV DS, AX; ES; SS
	put(0xb8)                               // MOV EAX, CR4 of the boot CPU
	put32(readCR4())
	put(0x0f, 0x22, 0xe0) // MOV CR4, EAX
	put(0xb8)             // MOV EAX, page tables
	put32(vmRoot)
	put(0x0f, 0x22, 0xd8)             // MOV CR3, EAX
	put(0xb9, 0x80, 0x00, 0x00, 0xc0) // MOV ECX, IA32_EFER
	put(0x0f, 0x32)                   // RDMSR
	put(0x0d, 0x00, 0x09, 0x00, 0x00) // OR EAX, LME and NXE
	put(0x0f, 0x30)                   // WRMSR
	put(0xb8, 0x23, 0x00, 0x01, 0x80) // MOV EAX, PG, WP, NE, MP, PE
	put(0x0f, 0x22, 0xc0)             // MOV CR0, EAX
	put(0xea)                         // JMP 0x08:code64
	put32(page + code64)
	put(0x08, 0x00)

	at = code64
	put(0x48, 0xbc) // MOV RSP, stack
	put64(c.idle.sp &^ 15)
	put(0x48, 0xbf) // MOV RDI, c
	put64(uintptr(unsafe.Pointer(c)))
	put(0x48, 0xb8) // MOV RAX, cpuEntry
	put64(abi.FuncPCABI0(cpuEntry))
	put(0xff, 0xe0) // JMP RAX
}

// startCPU makes the CPU that calls c, whose idle thread this is.
func startCPU(c *vcpu) {
	fpLoad()
	if !xenPV {
		apicStart()
	}
	c.load(c.idle)
	timerStart()
	idleLoop()
}
