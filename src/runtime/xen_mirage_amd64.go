//go:build mirage

package runtime

import "internal/runtime/atomic"

// Xen below a guest of the kind PVH (Xen, docs/misc/pvh.pandoc): events by a vector of this kind of guest's own, and the
// clocks' rates.
//
// Hypercalls are made by the CPU's instruction. The page of code for them that Xen offers to write would be executable
// and not of the image.

const (
	xenInfoCPUs = 32 // XEN_LEGACY_MAX_VCPUS: xen/include/public/arch-x86/xen.h
	xenInfoArch = 2  // words of arch_vcpu_info

	callbackVector = 2 << 56 // HVM_PARAM_CALLBACK_TYPE_VECTOR
)

var (
	xenLeaf uint32 // the first of Xen's CPUID leaves, 0 on other machines
	xenAMD  bool   // VMMCALL is the instruction, not VMCALL
)

// xenFind reports whether there is Xen. It looks for Xen's CPUID leaves, which stand behind those of
// other interfaces that it offers as well: cpuid.h.
func xenFind() bool {
	if _, _, ecx, _ := cpuid(1, 0); ecx>>31 == 0 {
		return false
	}
	for leaf := uint32(0x40000000); leaf < 0x40010000; leaf += 0x100 {
		if _, b, c, d := cpuid(leaf, 0); b == 0x566e6558 && c == 0x65584d4d && d == 0x4d4d566e { // XenVMMXenVMM
			xenLeaf = leaf
			break
		}
	}
	_, b, _, _ := cpuid(0, 0)
	xenAMD = b == 0x68747541 || b == 0x6f677948 // AuthenticAMD, HygonGenuine
	return xenLeaf != 0
}

// xenInit has events arrive.
func xenInit() {
	if xenLeaf == 0 {
		return
	}
	xenShare()
	xenDeliver()
}

// xenDeliver has events arrive by a vector. A PV guest's come by pvLoad.
func xenDeliver() {
	if xenPV {
		return
	}
	if _, r := xenCall(xenHVMOp, hvmSetParam, xenArg{domainSelf | hvmCallback<<32, callbackVector | vectorXen}, 0); r != 0 {
		throw("boot: Xen does not deliver events by a vector")
	}
}

// counterResume has the clock go on from now, which it showed when the counter showed ticks: time in which the machine was away is
// none, as on Linux. The counter may run at another rate from now on.
func counterResume(now int64, ticks uint64) {
	if hz := tscFromXen(); hz != counter.hz && hz >= 1e6 {
		counter.setRate(hz)
		counter.base = counterRead() - (counterAt(now) - counter.base)
		// That is exact but for the rate's rounding, which is made good.
		counter.base -= uint64((now - nanotime1()) * int64(hz>>10) / (1e9 >> 10))
	} else {
		counter.base += counterRead() - ticks
	}
	for nanotime1() < now {
		counter.base -= counter.hz / 1e6
	}
}

// tscFromXen is the TSC's rate, whether Xen emulates it or not: leaf 3 of cpuid.h.
func tscFromXen() uint64 {
	if xenLeaf == 0 {
		return 0
	}
	_, _, khz, _ := cpuid(xenLeaf+3, 0)
	return uint64(khz) * 1000
}

// xenNews is where Xen tells the CPU that calls of events, and of time.
func xenNews() *xenCPU {
	if xenPV {
		return &thisCPU().arch.info
	}
	return &xenShared.cpus[0]
}

// now is nanoseconds since Xen's clock began.
//
//go:nosplit
func (t *xenTime) now() int64 {
	for {
		version := atomic.Load(&t.version)
		ticks := counterRead() - t.tsc
		if t.shift >= 0 {
			ticks <<= uint8(t.shift) & 63
		} else {
			ticks >>= uint8(-t.shift) & 63
		}
		ns := t.system + ticks>>32*uint64(t.mul) + ticks&0xffffffff*uint64(t.mul)>>32
		if version&1 == 0 && version == atomic.Load(&t.version) {
			return int64(ns)
		}
	}
}

// xenWallClock is nanoseconds since 1970: the time at which Xen's clock began, and what that shows (xen.h,
// vcpu_time_info and wc_version).
func xenWallClock() int64 {
	w := &xenShared.wall
	for {
		version := atomic.Load(&w.version)
		began := int64(uint64(w.secHigh)<<32|uint64(w.sec))*1e9 + int64(w.nsec)
		if version&1 == 0 && version == atomic.Load(&w.version) {
			return began + xenNews().time.now()
		}
	}
}
