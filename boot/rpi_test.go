//go:build !mirage

package boot

import (
	"slices"
	"testing"
)

// Raspberry Pi documentation, "New-style revision codes in use".
func TestRevision(t *testing.T) {
	for _, test := range []struct {
		code   Revision
		soc    SoC
		model  string
		memory uint64
	}{
		{0xa02082, BCM2837, "Raspberry Pi 3 Model B", 1 << 30},
		{0xa020d3, BCM2837, "Raspberry Pi 3 Model B Plus", 1 << 30},
		{0x9020e0, BCM2837, "Raspberry Pi 3 Model A Plus", 512 << 20},
		{0x902120, BCM2837, "Raspberry Pi Zero 2 W", 512 << 20},
		{0xc03111, BCM2711, "Raspberry Pi 4 Model B", 4 << 30},
		{0xd03114, BCM2711, "Raspberry Pi 4 Model B", 8 << 30},
		{0x900092, NotPi, "Raspberry Pi", 512 << 20}, // Zero: a BCM2835 has no 64-bit core
		{0x000010, NotPi, "Raspberry Pi", 256 << 20}, // of the old style
	} {
		if r := test.code; r.SoC() != test.soc || r.Model() != test.model || r.Memory() != test.memory {
			t.Errorf("%#x: %v, %q, %#x", uint32(r), r.SoC(), r.Model(), r.Memory())
		}
	}
}

func TestChipOf(t *testing.T) {
	for midr, want := range map[uint64]SoC{0x410fd034: BCM2837, 0x410fd083: BCM2711, 0x410fd073: NotPi, 0x430fd034: NotPi} {
		if got := ChipOf(midr); got != want {
			t.Errorf("%#x is %v", midr, got)
		}
	}
}

// The tree of a Pi 3 (Linux, arch/arm64/boot/dts/broadcom/bcm2837-rpi-3-b.dts) as its firmware hands it over.
func pi3(w *treeWriter) {
	w.prop("#address-cells", 1)
	w.prop("#size-cells", 1)
	w.prop("compatible", "raspberrypi,3-model-b", "brcm,bcm2837")
	w.node("system", func() { w.prop("linux,revision", 0xa02082); w.prop("linux,serial", uint64(0x12345678)) })
	w.node("memory@0", func() { w.prop("device_type", "memory"); w.prop("reg", 0, 0x3b400000) })
	w.node("aliases", func() { w.prop("serial0", "/soc/serial@7e215040"); w.prop("serial1", "/soc/serial@7e201000") })
	w.node("chosen", func() { w.prop("bootargs", "console=x"); w.prop("stdout-path", "serial0:115200n8") })
	w.node("cpus", func() {
		w.prop("#address-cells", 1)
		w.prop("#size-cells", 0)
		for n := range 4 {
			w.node("cpu@", func() {
				w.prop("device_type", "cpu")
				w.prop("reg", n)
				w.prop("enable-method", "spin-table")
				w.prop("cpu-release-addr", uint64(0xd8+8*n))
			})
		}
	})
	w.node("soc", func() {
		w.prop("#address-cells", 1)
		w.prop("#size-cells", 1)
		w.prop("ranges", 0x7e000000, 0x3f000000, 0x1000000, 0x40000000, 0x40000000, 0x1000)
		w.node("serial@7e201000", func() {
			w.prop("compatible", "brcm,bcm2835-pl011", "arm,pl011", "arm,primecell")
			w.prop("reg", 0x7e201000, 0x200)
		})
		w.node("serial@7e215040", func() { w.prop("compatible", "brcm,bcm2835-aux-uart"); w.prop("reg", 0x7e215040, 0x40) })
	})
}

func TestPi3Tree(t *testing.T) {
	i, p := read(t, pi3)
	if p.Pi != pis[BCM2837] || p.Revision != 0xa02082 || p.Serial != 0x12345678 {
		t.Errorf("%+v", p)
	}
	if p.Console != (UART{Registers: 0x3f215040, Mini: true}) {
		t.Errorf("console %+v", p.Console)
	}
	if !slices.Equal(i.CPUs(), []uint32{0, 1, 2, 3}) {
		t.Errorf("CPUs %v", i.CPUs())
	}
	for n := range i.CPUs() {
		if got, want := i.ReleaseAddress(n), uint64(0xd8+8*n); got != want {
			t.Errorf("CPU %d waits at %#x, want %#x", n, got, want)
		}
	}
	// Pages of the cores' code, and of the GPU, are nobody's.
	i.SetPiMemory(0, 0x30000000)
	if !i.KeepPiStub() || !slices.Equal(i.RAM(), []Range{{0x1000, 0x30000000}}) {
		t.Errorf("RAM %x", i.RAM())
	}
}

func TestPiWithoutTree(t *testing.T) {
	var i Info
	var p Platform
	p.SetPi(BCM2711)
	if p.GIC != 2 || p.Distributor != 0xff841000 || p.CPUInterface != 0xff842000 || p.TimerIRQ != 27 || p.Pi.Local != 0 {
		t.Errorf("%+v", p)
	}
	i.AddPiCores()
	i.SetPiMemory(0, 0x3c000000)
	if !slices.Equal(i.CPUs(), []uint32{0, 1, 2, 3}) || i.ReleaseAddress(3) != 0xf0 || !slices.Equal(i.RAM(), []Range{{0, 0x3c000000}}) {
		t.Errorf("CPUs %v, RAM %x", i.CPUs(), i.RAM())
	}
	// What lies above the first GiB is not the GPU's to split.
	i.addRAM(0x40000000, 0x80000000)
	i.SetPiMemory(0, 0x38000000)
	if !slices.Equal(i.RAM(), []Range{{0, 0x38000000}, {0x40000000, 0xc0000000}}) {
		t.Errorf("RAM %x", i.RAM())
	}
}
