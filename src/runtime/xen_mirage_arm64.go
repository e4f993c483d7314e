//go:build mirage

package runtime

import "internal/runtime/atomic"

// Xen below an arm64 guest: xen/include/public/arch-arm.h. The device tree tells of it, and by which interrupt, one of the
// CPU's own, events arrive; the virtual counter and timer are the guest's.

const (
	xenInfoCPUs = 1 // XEN_LEGACY_MAX_VCPUS
	xenInfoArch = 0 // words of arch_vcpu_info
)

// xenFind reports whether there is Xen.
func xenFind() bool { return platform.XenIRQ != 0 }

// xenInit has events arrive at the boot CPU.
func xenInit() {
	if xenFind() {
		xenShare()
		deviceWrite(cpu0.arch.gic+gicdISENABLER, 1<<(platform.XenIRQ%32))
	}
}

// xenNews is where Xen tells of events.
func xenNews() *xenCPU { return &xenShared.cpus[0] }

// xenWallClock is nanoseconds since 1970, 0 if Xen does not know: the time at which the virtual counter began (xen.h,
// wc_version), which Xen has moved there from its own beginning, and what that counter shows.
func xenWallClock() int64 {
	w := &xenShared.wall
	for {
		version := atomic.Load(&w.version)
		began := int64(uint64(atomic.Load(&w.secHigh))<<32 | uint64(atomic.Load(&w.sec)))
		ns := int64(atomic.Load(&w.nsec))
		if version&1 != 0 || version != atomic.Load(&w.version) {
			continue
		}
		if began == 0 {
			return 0
		}
		hz := counterHz()
		ticks := counterRead()
		return (began+int64(ticks/hz))*1e9 + ns + int64(ticks%hz*1e9/hz)
	}
}

// xenSuspend fails: Xen's toolstack can neither save nor restore such a guest.
func xenSuspend() int { return -38 } // ENOSYS
