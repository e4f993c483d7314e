//go:build mirage

package runtime

import "internal/runtime/atomic"

// CPU profiles. While one is taken, each CPU interrupts the thread that runs on it whenever the CPU has been busy for
// another profilePeriod, and the thread gets SIGPROF, as by Linux's ITIMER_PROF (setitimer(2)). An idle CPU has no timer.

// profilePeriod is in nanoseconds, 0 while there is no profile.
var profilePeriod atomic.Int64

func setProcessCPUProfiler(hz int32) { setProcessCPUProfilerTimer(hz) }

// setThreadCPUProfiler only keeps the rate, which the scheduler compares: timers are the CPUs'.
func setThreadCPUProfiler(hz int32) { setThreadCPUProfilerHz(hz) }

func validSIGPROF(mp *m, c *sigctxt) bool { return true }

// setitimer begins or ends the sending of SIGPROF, on all CPUs.
//
//go:nosplit
func setitimer(mode int32, new, old *itimerval) {
	profilePeriod.Store(new.it_interval.tv_sec*1e9 + new.it_interval.tv_usec*1e3)
	onTrapStack(profileAll)
}

func profileAll() {
	self := thisCPU()
	flags := self.lock.lock()
	self.profile()
	self.armTimer()
	self.lock.unlock(flags)
	for _, c := range cpus[:nCPUs] {
		if c != self {
			wakeCPU(c) // its timer is its own
		}
	}
}

// profile looks whether c is to count the time until its next SIGPROF: it does while it is busy and there is a profile.
// The lock is held, and the timer is to be set.
func (c *vcpu) profile() {
	period := profilePeriod.Load()
	busy := period != 0 && c.current != c.idle
	switch {
	case busy == (c.profileAt != 0):
	case busy:
		if c.profileLeft <= 0 || c.profileLeft > period {
			c.profileLeft = period
		}
		c.profileAt = nanotime1() + c.profileLeft
	default:
		c.profileLeft = c.profileAt - nanotime1()
		c.profileAt = 0
	}
}

// profileTick sends SIGPROF to the thread that runs if it is time. The lock is held, and the timer is to be set.
//
//go:nowritebarrierrec
func (c *vcpu) profileTick(now int64) {
	c.profile()
	period := profilePeriod.Load()
	if c.profileAt == 0 || c.profileAt > now || period == 0 {
		return
	}
	c.current.post(_SIGPROF)
	// What is late because the host had no time for this CPU is not made up for.
	c.profileAt = max(c.profileAt, now-period/2) + period
}
