//go:build !mirage

package boot

import (
	"slices"
	"testing"
)

// virt writes what a virtual machine's tree has: devices at the root, a GICv2, one range of RAM.
func virt(w *treeWriter) {
	w.prop("#address-cells", 2)
	w.prop("#size-cells", 2)
	w.node("psci", func() { w.prop("compatible", "arm,psci-1.0", "arm,psci-0.2"); w.prop("method", "hvc") })
	w.node("memory@40000000", func() { w.prop("device_type", "memory"); w.prop("reg", uint64(0x40000000), uint64(0x10000000)) })
	w.node("uart@8000", func() { w.prop("compatible", "arm,pl011"); w.prop("reg", uint64(0x8000), uint64(0x1000)) })
	w.node("uart@9000", func() { w.prop("compatible", "arm,pl011"); w.prop("reg", uint64(0x9000), uint64(0x1000)) })
	w.node("rtc", func() { w.prop("compatible", "arm,pl031"); w.prop("reg", uint64(0xa000), uint64(0x1000)) })
	w.node("timer", func() {
		w.prop("compatible", "arm,armv8-timer", "arm,armv7-timer")
		w.prop("interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4)
	})
	w.node("intc", func() {
		w.prop("compatible", "arm,cortex-a15-gic")
		w.prop("#interrupt-cells", 3)
		w.prop("reg", uint64(0x10000), uint64(0x1000), uint64(0x20000), uint64(0x1000))
	})
}

func read(t *testing.T, inside func(w *treeWriter)) (Info, Platform) {
	t.Helper()
	var i Info
	var p Platform
	if problem := i.ReadPlatform(&p, tree(inside)); problem != "" {
		t.Fatal(problem)
	}
	return i, p
}

func TestPlatform(t *testing.T) {
	i, p := read(t, func(w *treeWriter) {
		virt(w)
		w.node("aliases", func() { w.prop("serial0", "/uart@9000") })
		w.node("chosen", func() {
			w.prop("bootargs", "ip=dhcp -- a b")
			w.prop("linux,initrd-start", 0x48000000)
			w.prop("linux,initrd-end", uint64(0x48001000))
			w.prop("rng-seed", []byte("0123456789abcdef0123456789abcdef"))
			w.prop("kaslr-seed", uint64(1))
			w.prop("stdout-path", "serial0:115200n8")
		})
	})
	want := Platform{Console: UART{Registers: 0x9000}, Clock: 0xa000, PSCI: HVC, GIC: 2, Distributor: 0x10000, CPUInterface: 0x20000, TimerIRQ: 27}
	if p != want {
		t.Errorf("%+v, want %+v", p, want)
	}
	if !slices.Equal(i.RAM(), []Range{{0x40000000, 0x50000000}}) {
		t.Errorf("RAM %x", i.RAM())
	}
	if string(i.CommandLine) != "ip=dhcp -- a b" || i.Initrd != (Range{0x48000000, 0x48001000}) || len(i.Seed) != 32 || len(i.KASLRSeed) != 8 {
		t.Errorf("%q, %x, %q, %q", i.CommandLine, i.Initrd, i.Seed, i.KASLRSeed)
	}
	if TreeSize(i.DeviceTree) != uint32(len(i.DeviceTree)) {
		t.Error("the tree is not as long as it says")
	}
}

// Linux, Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml.
func TestGICv3(t *testing.T) {
	_, p := read(t, func(w *treeWriter) {
		w.prop("#size-cells", 1)
		w.node("memory", func() { w.prop("device_type", "memory"); w.prop("reg", uint64(0), 0x1000000) })
		w.node("timer", func() {
			w.prop("compatible", "arm,armv8-timer")
			w.prop("interrupts", 1, 13, 4, 0, 1, 14, 4, 0, 0, 11, 4, 0)
			w.prop("clock-frequency", 19200000)
		})
		w.node("intc", func() {
			w.prop("compatible", "arm,gic-v3")
			w.prop("#interrupt-cells", 4)
			w.prop("#redistributor-regions", 2)
			w.prop("redistributor-stride", uint64(0x40000))
			w.prop("reg", uint64(0x1000), 0x100, uint64(0x2000), 0x200, uint64(0x3000), 0x300, uint64(0x4000), 0x400)
		})
	})
	want := Platform{GIC: 3, Distributor: 0x1000, Redistributors: [4]Range{{0x2000, 0x2200}, {0x3000, 0x3300}}, Stride: 0x40000,
		TimerIRQ: 43, TimerHz: 19200000}
	if p != want {
		t.Errorf("%+v, want %+v", p, want)
	}
}

// Linux, Documentation/devicetree/bindings/arm/xen.txt.
func TestXen(t *testing.T) {
	for _, c := range []struct {
		interrupt []any
		want      uint32
	}{
		{[]any{1, 15, 0xf08}, 31},
		{[]any{1, 16, 0xf08}, 0},
		{[]any{0, 15, 0xf08}, 0}, // not the CPU's own
		{[]any{1, 15}, 0},
		{nil, 0},
	} {
		_, p := read(t, func(w *treeWriter) {
			virt(w)
			w.node("hypervisor", func() {
				w.prop("compatible", "xen,xen-4.17", "xen,xen")
				w.prop("reg", uint64(0x38000000), uint64(0x1000000))
				w.prop("interrupts", c.interrupt...)
			})
		})
		if p.XenIRQ != c.want {
			t.Errorf("%v: %d", c.interrupt, p.XenIRQ)
		}
	}
}

func TestConsole(t *testing.T) {
	for name, c := range map[string]struct {
		inside func(w *treeWriter)
		want   UART
	}{
		"first":          {func(w *treeWriter) {}, UART{Registers: 0x8000}},
		"path":           {func(w *treeWriter) { w.prop("stdout-path", "/uart@9000") }, UART{Registers: 0x9000}},
		"no such path":   {func(w *treeWriter) { w.prop("stdout-path", "/uart@9") }, UART{Registers: 0x8000}},
		"no such alias":  {func(w *treeWriter) { w.prop("stdout-path", "serial9") }, UART{Registers: 0x8000}},
		"not a UART":     {func(w *treeWriter) { w.prop("stdout-path", "/rtc") }, UART{Registers: 0x8000}},
		"only options":   {func(w *treeWriter) { w.prop("stdout-path", ":115200") }, UART{Registers: 0x8000}},
		"SBSA's generic": {func(w *treeWriter) { w.prop("stdout-path", "/sbsa") }, UART{Registers: 0xb000, Generic: true}},
	} {
		_, p := read(t, func(w *treeWriter) {
			virt(w)
			w.node("sbsa", func() { w.prop("compatible", "arm,sbsa-uart"); w.prop("reg", uint64(0xb000), uint64(0x1000)) })
			w.node("chosen", func() { c.inside(w) })
		})
		if p.Console != c.want {
			t.Errorf("%s: %+v", name, p.Console)
		}
	}
}

func TestPSCI(t *testing.T) {
	for method, want := range map[string]Conduit{"hvc": HVC, "smc": SMC, "jump": NoConduit} {
		_, p := read(t, func(w *treeWriter) {
			w.prop("#size-cells", 2)
			w.node("memory", func() { w.prop("device_type", "memory"); w.prop("reg", uint64(0), uint64(4096)) })
			w.node("psci", func() { w.prop("compatible", "arm,psci-0.2"); w.prop("method", method) })
		})
		if p.PSCI != want {
			t.Errorf("%s: %d", method, p.PSCI)
		}
	}
}

// Section 3.8.1: CPUs that firmware can start, by affinity.
func TestCPUs(t *testing.T) {
	i, _ := read(t, func(w *treeWriter) {
		virt(w)
		w.node("cpus", func() {
			w.prop("#address-cells", 2)
			w.prop("#size-cells", 0)
			cpu := func(status, method string, reg ...any) {
				w.node("cpu", func() {
					w.prop("device_type", "cpu")
					w.prop("status", status)
					w.prop("enable-method", method)
					w.prop("reg", reg...)
				})
			}
			cpu("okay", "psci", uint64(0))
			cpu("okay", "psci", uint64(0x1_00020304))
			cpu("okay", "psci", 5)
			cpu("fail", "psci", uint64(6))
			cpu("okay", "spin-table", uint64(7))
		})
	})
	if want := []uint32{0, 0x1020304, 5}; !slices.Equal(i.CPUs(), want) {
		t.Errorf("%x, want %x", i.CPUs(), want)
	}
}

// Section 3.4: several memory nodes and ranges, of which only whole pages count; sections 3.5 and 5.3: reservations.
func TestReservedMemory(t *testing.T) {
	i, _ := read(t, func(w *treeWriter) {
		w.prop("#address-cells", 2)
		w.prop("#size-cells", 2)
		memory := func(r ...any) func() {
			return func() { w.prop("device_type", "memory"); w.prop("reg", r...) }
		}
		w.node("memory@0", memory(uint64(0x800), uint64(0x100000), uint64(0x200000), uint64(0x100000)))
		w.node("memory@1", memory(uint64(1<<32), uint64(0x10000)))
		w.node("secure", func() { memory(uint64(2<<32), uint64(0x10000))(); w.prop("status", "disabled") })
		w.reserve(0x1800, 0x10)     // one page
		w.reserve(0x200000, 0x800)  // the beginning
		w.reserve(0x2ff000, 0x5000) // the end
		w.node("reserved-memory", func() {
			w.prop("#address-cells", 2)
			w.prop("#size-cells", 2)
			w.prop("ranges")
			w.node("all", func() { w.prop("reg", uint64(1<<32-0x1000), uint64(1<<32)) })
			w.node("anywhere", func() { w.prop("size", uint64(0x1000)) })
			w.node("middle", func() { w.prop("reg", uint64(0x280000), uint64(0x1001)) })
		})
	})
	want := []Range{{0x2000, 0x100000}, {0x201000, 0x280000}, {0x282000, 0x2ff000}}
	got := slices.SortedFunc(slices.Values(i.RAM()), func(a, b Range) int { return int(a.Start) - int(b.Start) })
	if !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// Whatever is missing or too much is said.
func TestProblems(t *testing.T) {
	many := func(w *treeWriter) {
		w.prop("#size-cells", 2)
		for n := range maxRanges + 1 {
			w.node("memory", func() { w.prop("device_type", "memory"); w.prop("reg", uint64(n)<<13, uint64(4096)) })
		}
	}
	holes := func(w *treeWriter) {
		virt(w)
		for n := range maxRanges {
			w.reserve(0x40001000+uint64(n)<<13, 4096)
		}
	}
	for name, blob := range map[string][]byte{
		"nothing":    nil,
		"no RAM":     tree(func(w *treeWriter) {}),
		"much RAM":   tree(many),
		"many holes": tree(holes),
		"malformed":  tree(func(w *treeWriter) { virt(w); w.cells(7) }),
	} {
		var i Info
		var p Platform
		if problem := i.ReadPlatform(&p, blob); problem == "" {
			t.Errorf("%s: no problem", name)
		}
	}
}

// A timer whose interrupt is none of the controller's is no timer.
func TestTimerInterrupt(t *testing.T) {
	for _, interrupts := range [][]any{{1, 1, 4, 1, 2, 4}, {0, 0, 0, 0, 0, 0, 1, 16, 4}, {0, 0, 0, 0, 0, 0, 0, 988, 4}, {0, 0, 0, 0, 0, 0, 2, 1, 4}} {
		_, p := read(t, func(w *treeWriter) {
			w.prop("#address-cells", 2)
			w.prop("#size-cells", 2)
			w.node("timer", func() { w.prop("compatible", "arm,armv8-timer"); w.prop("interrupts", interrupts...) })
			w.node("gic", func() {
				w.prop("compatible", "arm,gic-400")
				w.prop("#interrupt-cells", 3)
				w.prop("reg", uint64(1), uint64(2), uint64(3), uint64(4))
			})
			w.node("memory", func() { w.prop("device_type", "memory"); w.prop("reg", uint64(0), uint64(4096)) })
		})
		if p.TimerIRQ != 0 || p.GIC != 2 {
			t.Errorf("%v: INTID %d, version %d", interrupts, p.TimerIRQ, p.GIC)
		}
	}
}

func FuzzPlatform(f *testing.F) {
	f.Add(tree(func(w *treeWriter) {
		virt(w)
		w.reserve(0x40000000, 0x1000)
		w.node("chosen", func() { w.prop("stdout-path", "serial0"); w.prop("bootargs", "x") })
		w.node("aliases", func() { w.prop("serial0", "/uart@9000") })
		w.node("reserved-memory", func() { w.prop("ranges"); w.node("a", func() { w.prop("reg", 1, 2, 3) }) })
	}))
	f.Fuzz(func(t *testing.T, blob []byte) {
		var i Info
		var p Platform
		if i.ReadPlatform(&p, blob) != "" {
			return
		}
		for _, r := range i.RAM() {
			if r.Start >= r.End || r.Start%4096 != 0 || r.End%4096 != 0 {
				t.Errorf("RAM %x", r)
			}
		}
		if len(i.CommandLine) > len(blob) || i.Initrd.End < i.Initrd.Start {
			t.Errorf("%q, %x", i.CommandLine, i.Initrd)
		}
	})
}

// Reading needs no heap: the runtime has none yet.
func TestNoAllocation(t *testing.T) {
	blob := tree(func(w *treeWriter) {
		virt(w)
		w.node("aliases", func() { w.prop("a-name-that-is-longer-than-32-bytes", "/uart@9000") })
		w.node("chosen", func() { w.prop("stdout-path", "a-name-that-is-longer-than-32-bytes:x") })
	})
	var i Info
	var p Platform
	n := testing.AllocsPerRun(10, func() {
		i, p = Info{}, Platform{}
		if problem := i.ReadPlatform(&p, blob); problem != "" {
			t.Fatal(problem)
		}
	})
	if n != 0 || p.Console.Registers != 0x9000 {
		t.Errorf("%v allocations, %+v", n, p.Console)
	}
}
