//go:build !mirage

package pci_test

import (
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/bus/pci/pcitest"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// device is a function with a wide prefetchable base address, a small one, and an I/O one, as virtio's are.
func device(number uint8) *pcitest.Function {
	f := pcitest.New(number, 0x1af4, 0x1041, 0x1100)
	f.BARs[0] = pcitest.BAR{Size: 32, IO: true}
	f.BARs[1] = pcitest.BAR{Size: 4096, Space: make(mmiotest.Bytes, 4096)}
	f.BARs[4] = pcitest.BAR{Size: 16384, Wide: true, Prefetch: true, Space: make(mmiotest.Bytes, 16384)}
	f.Reset()
	return f
}

var windows = []pci.Window{
	{Phys: 0x10000000, Bus: 0x10000000, Size: 0x2eff0000},
	{Phys: 0x8000000000, Bus: 0x8000000000, Size: 1 << 39},
}

func host(b pcitest.Bus, w []pci.Window) *pci.Host {
	return &pci.Host{Config: b, LastBus: 255, Windows: w, Map: b.Map}
}

// Without firmware every base address gets a place that the bridges above pass on, and no two overlap.
func TestAssign(t *testing.T) {
	model := pcitest.Bus{
		device(1),
		pcitest.NewBridge(2, device(0), pcitest.NewBridge(3, device(0), device(4))),
		pcitest.NewBridge(3),
		pcitest.NewBridge(4, device(0)),
		device(5),
	}
	h := host(model, windows)
	found := h.Scan()
	if len(found) != 6 {
		t.Fatalf("found %d functions of 6", len(found))
	}
	spaces := map[*byte]bool{}
	for _, f := range found {
		f.Enable()
		for i, size := range map[int]uintptr{1: 4096, 4: 16384} {
			s, err := f.Map(i)
			if err != nil || s.Size() != size {
				t.Errorf("%v base address %d: %v", f.Address, i, err)
				continue
			}
			if b := &s.(mmiotest.Bytes)[0]; spaces[b] {
				t.Errorf("%v base address %d leads to another function", f.Address, i)
			} else {
				spaces[b] = true
			}
		}
		if _, err := f.Map(0); err == nil {
			t.Error("an I/O base address was mapped")
		}
		for _, i := range []int{-1, 2, 3, 6} {
			if _, err := f.Map(i); err == nil {
				t.Errorf("base address %d is not there and was mapped", i)
			}
		}
	}
	if again := h.Scan(); len(again) != 6 {
		t.Errorf("a second scan finds %d", len(again))
	}
}

// With firmware nothing is moved.
func TestFirmwareIsLeftAlone(t *testing.T) {
	d := device(3)
	d.Store32(0x20, 0x20000000)
	d.Store32(0x24, 0x38)
	d.Store16(4, 6)
	behind := device(0)
	behind.Store32(0x14, 0xfe000000)
	behind.Store16(4, 6)
	bridge := pcitest.NewBridge(4, behind)
	bridge.Config[0x19], bridge.Config[0x1a] = 7, 7
	bridge.Store16(0x20, 0xfe00)
	bridge.Store16(0x22, 0xfe00)
	bridge.Store16(4, 6)
	before := d.Config
	model := pcitest.Bus{d, bridge}
	found := host(model, nil).Scan()
	if len(found) != 2 || found[1].Address != (pci.Address{Bus: 7}) {
		t.Fatalf("%+v", found)
	}
	if _, err := found[0].Map(4); err != nil {
		t.Error(err)
	}
	if _, err := found[0].Map(1); err == nil {
		t.Error("a base address that nobody assigned was mapped")
	}
	if _, err := found[1].Map(1); err != nil {
		t.Error(err)
	}
	if d.Config != before {
		t.Error("sizing left traces")
	}
}

// Hostile configuration space: bridges that name each other's buses, sizes that are not powers of two.
func TestHostileBridges(t *testing.T) {
	a, b := pcitest.NewBridge(1, device(0)), pcitest.NewBridge(2, device(0))
	for _, f := range []*pcitest.Function{a, b} {
		f.Config[0x19], f.Config[0x1a] = 1, 255
	}
	self := pcitest.NewBridge(3)
	self.Behind = pcitest.Bus{self} // behind itself
	model := pcitest.Bus{a, b, self}
	if n := len(host(model, nil).Scan()); n > 2 {
		t.Errorf("firmware's loop: found %d functions", n)
	}
	if n := len(host(model, windows).Scan()); n > 2 {
		t.Errorf("own numbering: found %d functions", n)
	}
}

// odd is a function whose base address 1 has a size that is no power of two.
type odd struct{ *pcitest.Function }

func (o odd) Load32(off uintptr) uint32 {
	if v := o.Function.Load32(off); off != 0x14 || v == 0 {
		return v
	}
	return 0xfff01000
}

// only is a bus with one function.
type only struct{ space mmio.Space }

func (o only) Space(a pci.Address) mmio.Space {
	if a == (pci.Address{}) {
		return o.space
	}
	return nil
}

func TestSizeMustBeAPowerOfTwo(t *testing.T) {
	d := device(0)
	d.Store32(0x14, 0xfe000000)
	h := &pci.Host{Config: only{odd{d}}, Map: func(phys, size uint64) (mmio.Space, error) { return make(mmiotest.Bytes, 1), nil }}
	found := h.Scan()
	if len(found) != 1 {
		t.Fatal(found)
	}
	if _, err := found[0].Map(1); err == nil {
		t.Error("mapped")
	}
}

// PCI section 6.7: the list of capabilities, and lists that loop or leave the space.
func TestCapabilities(t *testing.T) {
	d := device(0)
	d.Capability(0xf0, 5)
	d.Capability(0x41, 9) // the low bits of a pointer are reserved
	d.Config[0x40], d.Config[0x41] = 9, 0xf0
	d.Capability(0x98, 0x11)
	list := func() (ids []uint8) {
		f := host(pcitest.Bus{d}, nil).Scan()[0]
		f.Capabilities(func(id uint8, off uintptr) bool {
			ids = append(ids, id)
			return true
		})
		return ids
	}
	if got := list(); string(got) != "\x11\x09\x05" {
		t.Errorf("capabilities %x", got)
	}
	d.Config[0xf1] = 0x98
	if got := list(); len(got) > 48 {
		t.Errorf("a list that loops gave %d entries", len(got))
	}
	d.Config[0xf1] = 0x30
	if got := list(); len(got) != 3 {
		t.Errorf("a pointer into the header: %x", got)
	}
	d.Config[0x06] = 0
	if got := list(); got != nil {
		t.Errorf("no list, but %x", got)
	}
}

func TestMSIX(t *testing.T) {
	d := device(0)
	d.MSIX(0x98, 3, 1, 0x100)
	d.Store32(0x14, 0xfe000000)
	d.Store16(4, 6)
	table := d.BARs[1].Space
	f := host(pcitest.Bus{d}, nil).Scan()[0]
	m, err := f.MSIX()
	if err != nil || m.Count() != 3 {
		t.Fatal(m, err)
	}
	lines, err := m.Vectors(2)
	if err != nil {
		t.Fatal(err)
	}
	f.Enable()
	if !d.Signal(0x98, 0, table) || !d.Signal(0x98, 1, table) || d.Signal(0x98, 2, table) {
		t.Error("not just the first two vectors work")
	}
	lines[0].Wait()
	lines[1].Wait()
	if d.Load16(4)&(1<<10) == 0 {
		t.Error("the pin is still on: PCI section 6.2.2")
	}
	if _, err := m.Vectors(4); err == nil {
		t.Error("four vectors of three")
	}
	left := 1
	irq.SetMessages(func() (irq.Message, error) {
		if left == 0 {
			return irq.Message{}, irq.ErrNoMessage
		}
		left--
		return irq.Message{Line: lines[0], Addr: 0xfee00000}, nil
	})
	defer irq.SetMessages(nil)
	if _, err := m.Vectors(2); err == nil || lines[0].Wait() || d.Signal(0x98, 0, table) {
		t.Error("a vector works although not all could be had")
	}
	f.UsePin()
	if d.Load16(4)&(1<<10) != 0 || d.Load16(0x9a)>>15 != 0 {
		t.Error("UsePin left MSI-X on or the pin off")
	}
	// A table that leaves its base address.
	d.MSIX(0x98, 3, 1, 0xfe0)
	if _, err := f.MSIX(); err == nil {
		t.Error("a table beyond the end of the base address")
	}
	d.MSIX(0x98, 3, 7, 0)
	if _, err := f.MSIX(); err == nil {
		t.Error("a table in base address 7")
	}
}

// Bridge section 9.1: pins are turned behind bridges.
func TestInterruptPin(t *testing.T) {
	d := device(3)
	d.Config[0x3d], d.Config[0x3c] = 2, 11
	model := pcitest.Bus{pcitest.NewBridge(5, pcitest.NewBridge(1, d))}
	h := host(model, windows)
	var got pci.Pin
	h.Route = func(p pci.Pin) (irq.Input, bool) {
		got = p
		return irq.Input{Number: 35, Level: true}, true
	}
	f := h.Scan()[0]
	if in, ok := f.Interrupt(); !ok || in.Number != 35 {
		t.Fatal(in, ok)
	}
	// INTB# of device 3 is INTA# ((1+3)%4) of the inner bridge, which is device 1: INTB#.
	if want := (pci.Pin{Device: pci.Address{Device: 5}, Pin: 2, Line: 11}); got != want {
		t.Errorf("routed %+v, want %+v", got, want)
	}
	d.Config[0x3d] = 0
	if _, ok := f.Interrupt(); ok {
		t.Error("a function without a pin has an interrupt")
	}
	d.Config[0x3d] = 5
	if _, ok := f.Interrupt(); ok {
		t.Error("pin 5 has an interrupt")
	}
}

// PCI section 3.2.2.3.2: the address port selects 32 bits, the data port's bytes are theirs.
func TestPorts(t *testing.T) {
	d := device(6)
	d.Function = 2
	var address uint32
	at := func(off uintptr) (*pcitest.Function, uintptr) {
		if address != 1<<31|6<<11|2<<8|address&0xfc {
			return nil, 0
		}
		return d, uintptr(address&0xfc) + off - 4
	}
	ports := &mmiotest.Model{Length: 8, Read: func(off uintptr, width int) uint32 {
		f, o := at(off)
		switch {
		case off == 0:
			return address
		case f == nil:
			return 0xffffffff
		case width == 1:
			return uint32(f.Load8(o))
		case width == 2:
			return uint32(f.Load16(o))
		}
		return f.Load32(o)
	}, Write: func(off uintptr, width int, v uint32) {
		if off == 0 {
			address = v
		} else if f, o := at(off); f != nil && width == 2 {
			f.Store16(o, uint16(v))
		}
	}}
	s := pci.NewPorts(ports).Space(pci.Address{Device: 6, Function: 2})
	s.Store16(0x3e, 0xbeef)
	if s.Load16(0) != 0x1af4 || s.Load16(2) != 0x1041 || s.Load32(0) != 0x10411af4 || s.Load8(1) != 0x1a || s.Load16(0x3e) != 0xbeef {
		t.Errorf("%x %x %x %x", s.Load16(0), s.Load16(2), s.Load32(0), s.Load8(1))
	}
	if !pci.NewPorts(ports).Present() {
		t.Error("the ports are there")
	}
	nothing := &mmiotest.Model{Length: 8, Read: func(uintptr, int) uint32 { return 0xffffffff }, Write: func(uintptr, int, uint32) {}}
	if pci.NewPorts(nothing).Present() {
		t.Error("a machine without PCI has it")
	}
	if s := pci.NewPorts(ports).Space(pci.Address{Device: 7}); s.Load16(0) != 0xffff {
		t.Error("somebody answers for device 7")
	}
}

// PCIe section 7.2.2: 1 MiB for a bus, 32 KiB for a device, 4 KiB for a function; buses outside are not there.
func TestECAM(t *testing.T) {
	var mapped []uint64
	e := &pci.ECAM{Base: 0x4010000000, FirstBus: 2, LastBus: 3, Map: func(phys, size uint64) (mmio.Space, error) {
		mapped = append(mapped, phys, size)
		b := make(mmiotest.Bytes, size)
		b.Store16(5<<15|1<<12, 0x1af4)
		return b, nil
	}}
	if s := e.Space(pci.Address{Bus: 3, Device: 5, Function: 1}); s == nil || s.Load16(0) != 0x1af4 || s.Size() != 4096 {
		t.Error("function 3:5.1 is not where it should be")
	}
	e.Space(pci.Address{Bus: 3, Device: 31, Function: 7})
	if len(mapped) != 2 || mapped[0] != 0x4010100000 || mapped[1] != 1<<20 {
		t.Errorf("mapped %#x", mapped)
	}
	if e.Space(pci.Address{Bus: 1}) != nil || e.Space(pci.Address{Bus: 4}) != nil {
		t.Error("buses outside of the range")
	}
}
