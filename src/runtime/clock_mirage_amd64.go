//go:build mirage

package runtime

// Clocks on amd64: the TSC, whose rate comes from CPUID or the hypervisor where they say it, and is measured otherwise;
// the wall clock is the CMOS clock, or Xen's.

func clockInit() {
	xenInit()
	if !xenPV {
		apicInit()
		cpu0.arch.apicID = apicRead(apicID)
		if apicRegs != 0 {
			cpu0.arch.apicID >>= 24
		}
	}
	hz := tscFromXen()
	if hz == 0 {
		hz = tscFromCPUID()
	}
	if hz == 0 {
		hz = tscFromPIT()
	}
	if hz == 0 {
		hz = tscFromAPIC()
	}
	if hz == 0 {
		throw("boot: nothing tells the rate of the CPU's clock (CPUID leaf 0x15 or 0x40000010, PIT)")
	}
	counterStart(hz)
	if !xenPV && !apicDeadline {
		apicMeasure()
	}
	timerStart()
	if xenShared != nil {
		wallStart(xenWallClock() - nanotime1())
		return
	}
	wallStart(cmosTime() * 1e9)
}

//go:nosplit
func counterRead() uint64 { return uint64(cputicks()) }

//go:nosplit
func tscAt(t int64) uint64 { return counterAt(t) }

// hypervisor returns the signature in CPUID leaf 0x40000000 and the last leaf, "" on bare machines.
func hypervisor() (sig [3]uint32, last uint32) {
	if _, _, ecx, _ := cpuid(1, 0); ecx>>31 == 0 {
		return
	}
	last, sig[0], sig[1], sig[2] = cpuid(0x40000000, 0)
	return
}

func tscFromCPUID() uint64 {
	if leaves, _, _, _ := cpuid(0, 0); leaves >= 0x15 {
		// Intel SDM volume 3, 19.7.3: the core crystal's rate times EBX/EAX.
		if den, num, crystal, _ := cpuid(0x15, 0); den != 0 && num != 0 && crystal != 0 {
			return uint64(crystal) * uint64(num) / uint64(den)
		}
	}
	// VMware's leaf, which KVM offers as well: the rate in kHz.
	if _, last := hypervisor(); last >= 0x40000010 {
		if khz, _, _, _ := cpuid(0x40000010, 0); khz != 0 {
			return uint64(khz) * 1000
		}
	}
	return 0
}

// tscFromPIT counts TSC ticks while channel 2 of the 8254 counts down. A virtual CPU may be held up in between, which
// only lengthens it: the shortest of several runs counts. 0 when there is no 8254.
func tscFromPIT() uint64 {
	const (
		pitHz  = 1193182
		count  = pitHz / 200 // 5 ms
		gate   = 0x61
		output = 1 << 5
	)
	best := ^uint64(0)
	for run := 0; run < 5; run++ {
		outb(gate, inb(gate)&^2|1) // counting on, speaker off
		outb(0x43, 0xb0)           // channel 2, two bytes, mode 0: output goes high at the end
		outb(0x42, count&0xff)
		outb(0x42, count>>8)
		start := counterRead()
		if inb(gate)&output != 0 {
			return 0
		}
		for inb(gate)&output == 0 {
			if counterRead()-start > 20e9 {
				return 0 // several seconds on any CPU
			}
		}
		best = min(best, counterRead()-start)
	}
	return best * pitHz / count
}

// tscFromAPIC measures against the local APIC's timer, whose rate KVM and QEMU define as 1 GHz (Linux,
// Documentation/virt/kvm/api.rst, KVM_CAP_X86_APIC_BUS_CYCLES_NS).
func tscFromAPIC() uint64 {
	sig, _ := hypervisor()
	kvm := [3]uint32{0x4b4d564b, 0x564b4d56, 0x0000004d}
	tcg := [3]uint32{0x54474354, 0x43544743, 0x47435447}
	if sig != kvm && sig != tcg {
		return 0
	}
	const ns = 5e6
	best := ^uint64(0)
	for run := 0; run < 5; run++ {
		apicWrite(apicInitial, 0xffffffff)
		start := counterRead()
		for 0xffffffff-apicRead(apicCurrent) < ns {
		}
		best = min(best, counterRead()-start)
	}
	apicWrite(apicInitial, 0)
	return best * 1e9 / ns
}

// apicMeasure finds the rate of the local APIC's timer by the TSC.
func apicMeasure() {
	const ns = 5e6
	best := uint64(0)
	for run := 0; run < 3; run++ {
		apicWrite(apicInitial, 0xffffffff)
		start := nanotime1()
		for nanotime1()-start < ns {
		}
		ticks := uint64(0xffffffff - apicRead(apicCurrent))
		best = max(best, ticks<<32/uint64(nanotime1()-start))
	}
	apicWrite(apicInitial, 0)
	if best == 0 {
		throw("boot: the local APIC's timer does not run")
	}
	apicPerNs = best
}

// cmosTime reads the clock of the PC (MC146818A data sheet, and the century where ACPI's FADT usually puts it), 0 when
// there is none.
func cmosTime() int64 {
	const (
		statusA, statusB = 10, 11
		century          = 0x32
		updating         = 1 << 7
		binary, hours24  = 1 << 2, 1 << 1
	)
	read := func(reg uint8) int {
		outb(0x70, reg)
		return int(inb(0x71))
	}
	if read(statusA) == 0xff {
		return 0
	}
	var now, last [7]int
	for tries := 0; tries < 1000; tries++ {
		for spin := 0; read(statusA)&updating != 0 && spin < 1e6; spin++ {
		}
		for i, reg := range [7]uint8{0, 2, 4, 7, 8, 9, century} {
			now[i] = read(reg)
		}
		if now == last {
			break
		}
		last = now
	}
	b := read(statusB)
	pm := now[2]&0x80 != 0
	now[2] &= 0x7f
	if b&binary == 0 {
		for i, v := range now {
			now[i] = v>>4*10 + v&15
		}
	}
	if b&hours24 == 0 {
		now[2] %= 12
		if pm {
			now[2] += 12
		}
	}
	year := now[6]*100 + now[5]
	if year < 1970 || year > 2200 { // no century register
		year = 2000 + now[5]
	}
	return civil{year, now[4], now[3], now[2], now[1], now[0]}.unix()
}
