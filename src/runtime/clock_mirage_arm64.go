//go:build mirage

package runtime

// Clocks on arm64: the generic timer's virtual counter, whose rate a register holds; the wall clock is a PL031, or Xen's.
// Where there is none, as on a Raspberry Pi, it begins when this was written: certificates are valid by then, and what was made before
// is not of the future.

func clockInit() {
	hz := counterHz()
	if platform.TimerHz != 0 {
		hz = uint64(platform.TimerHz)
	}
	counterStart(hz)
	interruptsInit()
	xenInit()
	boot := pl031Time() * 1e9
	if xenShared != nil {
		if ns := xenWallClock(); ns != 0 {
			boot = ns - nanotime1()
		}
	}
	if boot == 0 {
		boot = civil{year: 2026, month: 11, day: 1}.unix() * 1e9
	}
	wallStart(boot)
}

// maybeEmulated is true: nothing tells QEMU's emulation from what it emulates.
func maybeEmulated() bool { return true }

// timerSet makes the timer interrupt at time t, or never if t is 0.
//
//go:nosplit
func timerSet(t int64) {
	if t == 0 {
		timerOff()
		return
	}
	timerCompare(counterAt(t))
}

// pl031Time reads the clock chip, 0 when there is none: Arm DDI 0224, 3.3.1. The register counts seconds since 1970.
func pl031Time() int64 {
	if platform.Clock == 0 {
		return 0
	}
	regs := vmMapDevice(uintptr(platform.Clock), pageSize4K)
	if regs == 0 {
		return 0
	}
	return int64(deviceRead(regs))
}

func counterRead() uint64
func counterHz() uint64
func timerCompare(at uint64)
func timerOff()
