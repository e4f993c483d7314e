package linuxabi

import "internal/mirage/linuxabi/linux"

// The clock's discipline (adjtimex(2)): there is none, as on a Linux on which no daemon looks after the clock, and it cannot be
// changed by these calls.

func adjtimex(p *Process, a args) (uintptr, linux.Errno) { return discipline(a.a1) }

func clockAdjtime(p *Process, a args) (uintptr, linux.Errno) {
	if a.a1 != linux.CLOCK_REALTIME {
		if _, ok := p.clock(a.a1); ok {
			return 0, linux.EOPNOTSUPP
		}
		return 0, linux.EINVAL
	}
	return discipline(a.a2)
}

// discipline writes what there is to say. The error is EPERM: something is to be changed.
func discipline(at uintptr) (uintptr, linux.Errno) {
	const worst = 16_000_000 // NTP_PHASE_LIMIT, in microseconds
	t, e := load[linux.Timex](at)
	if e != 0 {
		return 0, e
	}
	if t.Modes != 0 {
		return 0, linux.EPERM
	}
	now := timespec(wallClock())
	t = linux.Timex{
		Maxerror: worst, Esterror: worst, Status: linux.STA_UNSYNC, Constant: 2, Precision: 1, Tolerance: 500 << 16,
		Time: linux.Timeval{Sec: now.Sec, Usec: now.Nsec / 1e3}, Tick: 1e6 / linux.CLOCK_TICKS,
	}
	return linux.TIME_ERROR, store(at, t)
}
