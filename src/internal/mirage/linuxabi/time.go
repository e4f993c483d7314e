package linuxabi

import (
	"internal/mirage/clock"
	"internal/mirage/linuxabi/linux"
	"math"
)

// Clocks and sleeping.

// nanoseconds converts a time; ok is false if it is not one. What no int64 holds is the largest.
func nanoseconds(t linux.Timespec) (ns int64, ok bool) {
	if t.Sec < 0 || t.Nsec < 0 || t.Nsec >= 1e9 {
		return 0, false
	}
	if t.Sec >= math.MaxInt64/int64(1e9) {
		return math.MaxInt64, true
	}
	return t.Sec*1e9 + t.Nsec, true
}

// clock reads a clock. All that the CPUs do is done for the process, and no thread's part is counted apart.
func (p *Process) clock(id uintptr) (ns int64, ok bool) {
	switch int32(id) {
	case linux.CLOCK_REALTIME, linux.CLOCK_REALTIME_COARSE, linux.CLOCK_TAI:
		return wallClock(), true
	case linux.CLOCK_MONOTONIC, linux.CLOCK_MONOTONIC_RAW, linux.CLOCK_MONOTONIC_COARSE, linux.CLOCK_BOOTTIME:
		return nanotime(), true
	case linux.CLOCK_PROCESS_CPUTIME_ID, linux.CLOCK_THREAD_CPUTIME_ID:
		return busyTime(), true
	}
	return 0, false
}

func clockGettime(p *Process, a args) (uintptr, linux.Errno) {
	ns, ok := p.clock(a.a1)
	if !ok {
		return 0, linux.EINVAL
	}
	return 0, store(a.a2, timespec(ns))
}

func clockGetres(p *Process, a args) (uintptr, linux.Errno) {
	if _, ok := p.clock(a.a1); !ok {
		return 0, linux.EINVAL
	}
	if a.a2 == 0 {
		return 0, 0
	}
	return 0, store(a.a2, linux.Timespec{Nsec: 1})
}

func clockSettime(p *Process, a args) (uintptr, linux.Errno) {
	if a.a1 != linux.CLOCK_REALTIME {
		return 0, linux.EINVAL
	}
	t, e := load[linux.Timespec](a.a2)
	if e != 0 {
		return 0, e
	}
	ns, ok := nanoseconds(t)
	if !ok || ns == math.MaxInt64 {
		return 0, linux.EINVAL
	}
	setWallClock(ns)
	return 0, 0
}

func gettimeofday(p *Process, a args) (uintptr, linux.Errno) {
	now := timespec(wallClock())
	if a.a1 != 0 {
		if e := store(a.a1, linux.Timeval{Sec: now.Sec, Usec: now.Nsec / 1e3}); e != 0 {
			return 0, e
		}
	}
	if a.a2 != 0 {
		return 0, store(a.a2, [2]int32{}) // the time zone, which is not used (gettimeofday(2))
	}
	return 0, 0
}

func settimeofday(p *Process, a args) (uintptr, linux.Errno) {
	if a.a1 == 0 {
		return 0, 0
	}
	t, e := load[linux.Timeval](a.a1)
	if e != 0 {
		return 0, e
	}
	ns, ok := nanoseconds(linux.Timespec{Sec: t.Sec, Nsec: t.Usec * 1e3})
	if !ok || ns == math.MaxInt64 {
		return 0, linux.EINVAL
	}
	setWallClock(ns)
	return 0, 0
}

func timeSeconds(p *Process, a args) (uintptr, linux.Errno) {
	now := wallClock() / 1e9
	if a.a1 != 0 {
		if e := store(a.a1, now); e != 0 {
			return 0, e
		}
	}
	return uintptr(now), 0
}

// sleepFor sleeps; there are no signals that could interrupt it.
func sleepFor(ns int64) {
	if ns > 0 {
		clock.Sleep(ns)
	}
}

func nanosleep(p *Process, a args) (uintptr, linux.Errno) {
	t, e := load[linux.Timespec](a.a1)
	if e != 0 {
		return 0, e
	}
	ns, ok := nanoseconds(t)
	if !ok {
		return 0, linux.EINVAL
	}
	sleepFor(ns)
	return 0, 0
}

func clockNanosleep(p *Process, a args) (uintptr, linux.Errno) {
	now, ok := p.clock(a.a1)
	if !ok || a.a1 == linux.CLOCK_THREAD_CPUTIME_ID {
		return 0, linux.EINVAL
	}
	t, e := load[linux.Timespec](a.a3)
	if e != 0 {
		return 0, e
	}
	ns, ok := nanoseconds(t)
	if !ok {
		return 0, linux.EINVAL
	}
	if a.a2&linux.TIMER_ABSTIME != 0 {
		ns -= now
	}
	sleepFor(ns)
	return 0, 0
}

// times counts all work as the user's, in hundredths of seconds.
func times(p *Process, a args) (uintptr, linux.Errno) {
	now := nanotime()
	if a.a1 != 0 {
		if e := store(a.a1, linux.Tms{Utime: busyTime() / tick}); e != 0 {
			return 0, e
		}
	}
	return uintptr(now / tick), 0
}
