//go:build !mirage

package virtiotest

import (
	"encoding/binary"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/bus/pci/pcitest"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
)

// Where a PCI device's parts are: the MSI-X table in base address 1, all else in base address 4, as QEMU has it.
const (
	commonAt   = 0x0000
	isrAt      = 0x1000
	configAt   = 0x2000
	notifyAt   = 0x3000
	multiplier = 4
	msixCap    = 0x98
)

// A PCIFront is a device's registers as virtio 1.2 section 4.1 has them.
type PCIFront struct {
	*Device
	Function *pcitest.Function
	Pin      uint32 // input of the interrupt controller, for a function without MSI-X

	table        mmio.Space
	configVector uint16
	vectors      int
	reasons      uint32
}

// PCI gives d registers on PCI as device number, with vectors MSI-X vectors.
func (d *Device) PCI(number uint8, vectors int) *PCIFront {
	fn := pcitest.New(number, 0x1af4, 0x1040+uint16(d.ID), 0x1100)
	f := &PCIFront{Device: d, Function: fn, vectors: vectors, configVector: 0xffff}
	d.init()
	d.interrupt = f.raise
	table := make(mmiotest.Bytes, 4096)
	f.table = table
	fn.BARs[1] = pcitest.BAR{Size: 4096, Space: table}
	fn.BARs[4] = pcitest.BAR{Size: 0x4000, Wide: true, Prefetch: true, Space: &mmiotest.Model{Read: f.read, Write: f.write, Length: 0x4000}}
	fn.Config[0x3d] = 1 // INTA#
	fn.Reset()
	fn.Store32(0x14, 0xfeb00000+uint32(number)<<12)
	fn.Store32(0x20, 0xfe000000+uint32(number)<<16)
	f.part(0x84, 5, 0, 0, 20) // access through configuration space, which nobody needs
	f.part(0x70, 2, notifyAt, 0x1000, 20)
	f.part(0x60, 4, configAt, uint32(max(len(d.Config), 1)), 16)
	f.part(0x50, 3, isrAt, 0x1000, 16)
	f.part(0x40, 1, commonAt, 0x1000, 16)
	if vectors > 0 {
		fn.MSIX(msixCap, vectors, 1, 0)
	}
	return f
}

// part adds the capability that names a part.
func (f *PCIFront) part(at uint8, kind byte, off, length uint32, size byte) {
	body := make([]byte, size-2)
	body[0], body[1], body[2] = size, kind, 4
	binary.LittleEndian.PutUint32(body[6:], off)
	binary.LittleEndian.PutUint32(body[10:], length)
	if kind == 2 {
		binary.LittleEndian.PutUint32(body[14:], multiplier)
	}
	f.Function.Capability(at, 0x09, body...)
}

// Host is a host with these devices on its bus, which the firmware has configured.
func Host(fronts ...*PCIFront) *pci.Host {
	bus := pcitest.Bus{}
	for _, f := range fronts {
		bus = append(bus, f.Function)
	}
	return &pci.Host{Config: bus, Map: bus.Map, Route: func(p pci.Pin) (irq.Input, bool) {
		for _, f := range fronts {
			if f.Function.Device == p.Device.Device && f.Pin != 0 {
				return irq.Input{Number: f.Pin, Level: true}, true
			}
		}
		return irq.Input{}, false
	}}
}

// raise is section 4.1.5.3 and 4.1.5.4.
func (f *PCIFront) raise(queue int) {
	f.mu.Lock()
	vector, reason := f.configVector, uint32(2)
	if queue >= 0 {
		vector, reason = f.setup[queue].vector, 1
	}
	if f.vectors > 0 && f.Function.Config[msixCap+3]>>7 == 1 {
		if vector != 0xffff {
			f.Function.Signal(msixCap, int(vector), f.table)
		}
		f.mu.Unlock()
		return
	}
	f.reasons |= reason
	f.mu.Unlock()
	irq.Fire(f.Pin)
}

func (f *PCIFront) read(off uintptr, width int) uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case off >= configAt && off < notifyAt:
		return f.config(off-configAt, width)
	case off == isrAt:
		r := f.reasons
		f.reasons = 0
		return r
	case off < 0x38:
		if want, v := f.readCommon(off); want == width {
			return v
		}
	}
	f.fault("%#x read with %d bytes", off, width)
	return 0
}

// readCommon reads a field of the common configuration; width is what the field has.
func (f *PCIFront) readCommon(off uintptr) (width int, v uint32) {
	s := f.current()
	if s == nil && off >= 0x18 {
		f.fault("%#x of queue %d read", off, f.queueSel)
		return 0, 0
	}
	switch off {
	case 0x04:
		return 4, f.offer()
	case 0x10:
		return 2, uint32(f.configVector)
	case 0x12:
		return 2, uint32(len(f.Max))
	case 0x14:
		return 1, uint32(f.status)
	case 0x15:
		return 1, uint32(f.generation)
	case 0x18:
		return 2, uint32(f.Max[f.queueSel])
	case 0x1a:
		return 2, uint32(s.vector)
	case 0x1c:
		if f.rings[f.queueSel] != nil {
			return 2, 1
		}
		return 2, 0
	case 0x1e:
		return 2, uint32(f.queueSel)
	}
	return 0, 0
}

func (f *PCIFront) write(off uintptr, width int, v uint32) {
	if off >= notifyAt {
		if width != 2 || off != notifyAt+uintptr(v)*multiplier {
			f.fault("queue %d notified at %#x with %d bytes", v, off, width)
		}
		f.notify(int(v))
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= configAt {
		f.setConfig(off-configAt, width, v)
		return
	}
	s := f.current()
	if s == nil {
		s = &queueSetup{}
	}
	want := 4
	switch off {
	case 0x00:
		f.offerSel = v
	case 0x08:
		f.acceptSel = v
	case 0x0c:
		f.accept(v)
	case 0x10:
		want, f.configVector = 2, f.vector(v)
	case 0x14:
		want = 1
		f.setStatus(uint8(v))
	case 0x16:
		want, f.queueSel = 2, int(v)
	case 0x18:
		want, s.size = 2, int(v)
	case 0x1a:
		want, s.vector = 2, f.vector(v)
	case 0x1c:
		want = 2
		f.enable()
	case 0x20, 0x28, 0x30:
		p := map[uintptr]*uint64{0x20: &s.desc, 0x28: &s.avail, 0x30: &s.used}[off]
		*p = *p&^0xffffffff | uint64(v)
	case 0x24, 0x2c, 0x34:
		p := map[uintptr]*uint64{0x24: &s.desc, 0x2c: &s.avail, 0x34: &s.used}[off]
		*p = *p&0xffffffff | uint64(v)<<32
	default:
		want = 0
	}
	if width != want {
		f.fault("%#x written with %d bytes", off, width)
	}
}

// vector is what the device makes of a vector that the driver wants: section 4.1.5.1.2.
func (f *PCIFront) vector(v uint32) uint16 {
	if int(v) >= f.vectors {
		return 0xffff
	}
	return uint16(v)
}
