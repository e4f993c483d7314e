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

// emulator is the signature of QEMU when it emulates in software: "TCGTCGTCGTCG".
var emulator = [3]uint32{0x54474354, 0x43544743, 0x47435447}

// maybeEmulated reports whether it may be QEMU's emulation that runs us. To a PV guest CPUID tells of what runs Xen.
func maybeEmulated() bool {
	sig, _ := hypervisor()
	return !xenPV && sig == emulator
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

// tscFromPIT measures against channel 2 of the 8254 (Intel 8254 data sheet, mode 0). 0 when there is none.
func tscFromPIT() uint64 {
	const hz = 1193182
	pitStart()
	if inb(pitGate)&pitOutput != 0 {
		return 0
	}
	ticks, counted := tscBeside(pitStart, pitElapsed, pitLast, hz/200, 0)
	if counted == 0 {
		return 0
	}
	return ticks * hz / counted
}

const (
	pitGate   = 0x61
	pitOutput = 1 << 5 // high once the count has come to its end
	pitLast   = 0xffff
)

func pitStart() {
	outb(pitGate, inb(pitGate)&^2|1) // counting on, speaker off
	outb(0x43, 0xb0)                 // channel 2, two bytes, mode 0: output goes high at the end
	outb(0x42, pitLast&0xff)
	outb(0x42, pitLast>>8)
}

// pitElapsed is how far the 8254 has counted since pitStart, at most pitLast, where it goes round.
func pitElapsed() uint64 {
	outb(0x43, 0x80) // holds channel 2's count until it is read
	low := inb(0x42)
	count := uint64(low) | uint64(inb(0x42))<<8
	if inb(pitGate)&pitOutput != 0 {
		return pitLast
	}
	return pitLast - count
}

// tscFromAPIC measures against the local APIC's timer, whose rate KVM and QEMU define as 1 GHz (Linux,
// Documentation/virt/kvm/api.rst, KVM_CAP_X86_APIC_BUS_CYCLES_NS).
func tscFromAPIC() uint64 {
	sig, _ := hypervisor()
	kvm := [3]uint32{0x4b4d564b, 0x564b4d56, 0x0000004d}
	if sig != kvm && sig != emulator {
		return 0
	}
	ticks, counted := tscBeside(apicTimerStart, apicTimerElapsed, apicTimerLast, 5e6, 0)
	apicWrite(apicInitial, 0)
	if counted == 0 {
		return 0
	}
	return ticks * 1e9 / counted
}

const apicTimerLast = 0xffffffff

func apicTimerStart() { apicWrite(apicInitial, apicTimerLast) }

// apicTimerElapsed is how far the timer has counted since apicTimerStart, apicTimerLast when it has come to its end.
func apicTimerElapsed() uint64 { return uint64(apicTimerLast - apicRead(apicCurrent)) }

// apicMeasure finds the rate of the local APIC's timer by the TSC.
func apicMeasure() {
	ticks, counted := tscBeside(apicTimerStart, apicTimerElapsed, apicTimerLast, 1, counter.hz/200)
	apicWrite(apicInitial, 0)
	if counted == 0 {
		throw("boot: the local APIC's timer does not run")
	}
	apicPerNs = counted << 32 / (ticks * 1e9 / counter.hz)
}

// tscBeside returns how many TSC ticks went by while another counter counted how much, 0 if it does not count. elapsed is how far that is
// since start, at most last. A virtual CPU may be held up anywhere, for longer than all that is measured: so the two counters are read
// beside each other at both ends, and of several runs, of at least so many counts and ticks, the one is taken whose readings lie
// closest together.
func tscBeside(start func(), elapsed func() uint64, last, counts, ticks uint64) (passed, counted uint64) {
	const runs, forever = 20, 20e9 // the latter is several seconds on any CPU
	nearest := ^uint64(0)
	for run := range uint64(runs) {
		start()
		a := besideTSC(elapsed)
		if a.count == last {
			continue // it was held up until the other counter had come to its end
		}
		for {
			now := counterRead() - a.tsc
			if now >= ticks && elapsed()-a.count >= counts {
				break
			}
			if now > forever {
				return 0, 0
			}
		}
		b := besideTSC(elapsed)
		if doubt := a.doubt + b.doubt; a.count < b.count && b.count < last && doubt < nearest {
			nearest, passed, counted = doubt, b.tsc-a.tsc, b.count-a.count
		}
		if nearest < passed/1000*(run+1) { // a boot must not take long either
			break
		}
	}
	return passed, counted
}

// A besideReading is another counter's count and the TSC at that time, give or take half of doubt.
type besideReading struct{ count, tsc, doubt uint64 }

// besideTSC reads another counter between two readings of the TSC, a few times, and returns the closest.
func besideTSC(elapsed func() uint64) besideReading {
	best := besideReading{doubt: ^uint64(0)}
	for range 5 {
		before := counterRead()
		count := elapsed()
		if doubt := counterRead() - before; doubt < best.doubt {
			best = besideReading{count, before + doubt/2, doubt}
		}
	}
	return best
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
