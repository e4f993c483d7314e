//go:build !mirage

// Package pcitest has models of PCI buses for tests: configuration space, bridges, base addresses and MSI-X. Nothing but
// tests imports it.
package pcitest

import (
	"encoding/binary"
	"errors"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// A Bus is what hangs on a host or behind a bridge. The one at the host is a pci.Configuration.
type Bus []*Function

// A Function is a model of one function.
type Function struct {
	Device, Function uint8
	Config           [256]byte
	BARs             [6]BAR
	Behind           Bus // a bridge, if not nil
}

// A BAR is a base address: Size bytes that Space answers for.
type BAR struct {
	Size           uint64
	Wide, Prefetch bool
	IO             bool
	Space          mmio.Space
}

// New returns a function with the given identity.
func New(device uint8, vendor, id, subsystem uint16) *Function {
	f := &Function{Device: device}
	binary.LittleEndian.PutUint16(f.Config[0x00:], vendor)
	binary.LittleEndian.PutUint16(f.Config[0x02:], id)
	binary.LittleEndian.PutUint16(f.Config[0x2e:], subsystem)
	return f
}

// NewBridge returns a bridge with functions behind it.
func NewBridge(device uint8, behind ...*Function) *Function {
	f := New(device, 0x1b36, 0x000c, 0)
	f.Config[0x0e] = 1
	f.Behind = append(Bus{}, behind...)
	return f
}

// Capability puts a capability at off, and in front of the list.
func (f *Function) Capability(off uint8, id uint8, body ...byte) {
	f.Config[0x06] |= 1 << 4
	f.Config[off] = id
	f.Config[off+1] = f.Config[0x34]
	copy(f.Config[off+2:], body)
	f.Config[0x34] = off
}

// MSIX puts an MSI-X capability at off with n vectors, its table at tableOff in base address bar.
func (f *Function) MSIX(off uint8, n int, bar uint8, tableOff uint32) {
	body := make([]byte, 10)
	binary.LittleEndian.PutUint16(body, uint16(n-1))
	binary.LittleEndian.PutUint32(body[2:], tableOff|uint32(bar))
	binary.LittleEndian.PutUint32(body[6:], tableOff+0x800|uint32(bar))
	f.Capability(off, 0x11, body...)
}

// Signal sends vector i of the MSI-X table in t at off, as the device would, and reports whether it was enabled and
// anyone listens.
func (f *Function) Signal(capOff uint8, i int, table mmio.Space) bool {
	control := binary.LittleEndian.Uint16(f.Config[capOff+2:])
	off := uintptr(binary.LittleEndian.Uint32(f.Config[capOff+4:])&^7) + 16*uintptr(i)
	if control>>14 != 2 || f.Config[4]&4 == 0 || table.Load32(off+12)&1 != 0 {
		return false
	}
	return irq.Signal(uint64(table.Load32(off))|uint64(table.Load32(off+4))<<32, table.Load32(off+8))
}

// Space implements pci.Configuration: bus 0 is b, the others lie where bridges' registers say.
func (b Bus) Space(a pci.Address) mmio.Space {
	if f := b.find(0, a); f != nil {
		return f
	}
	return nobody{}
}

func (b Bus) find(number uint8, a pci.Address) *Function {
	for _, f := range b {
		if number == a.Bus && f.Device == a.Device && f.Function == a.Function {
			return f
		}
		if f.Behind != nil && number != a.Bus && a.Bus >= f.Config[0x19] && a.Bus <= f.Config[0x1a] && f.Config[0x19] > 0 {
			return f.Behind.find(f.Config[0x19], a)
		}
	}
	return nil
}

// Map finds the base address that answers at addr on the bus, through the windows of bridges.
func (b Bus) Map(addr, size uint64) (mmio.Space, error) {
	for _, f := range b {
		if f.Config[4]&2 == 0 && f.Behind == nil {
			continue // it does not answer
		}
		if s := f.answers(addr, size); s != nil {
			return s, nil
		}
		if f.Behind != nil && f.passes(addr, size) {
			return f.Behind.Map(addr, size)
		}
	}
	return nil, errors.New("pcitest: nobody answers there")
}

func (f *Function) answers(addr, size uint64) mmio.Space {
	for i, bar := range f.BARs {
		if bar.Size == 0 || bar.IO {
			continue
		}
		at := uint64(f.Load32(0x10+4*uintptr(i)) &^ 0xf)
		if bar.Wide {
			at |= uint64(f.Load32(0x14+4*uintptr(i))) << 32
		}
		if addr == at && size == bar.Size {
			return bar.Space
		}
	}
	return nil
}

// passes reports whether the bridge's windows have the range.
func (f *Function) passes(addr, size uint64) bool {
	if f.Config[4]&2 == 0 {
		return false
	}
	base, limit := uint64(f.Load16(0x20)&0xfff0)<<16, uint64(f.Load16(0x22))<<16|0xfffff
	if addr >= base && addr+size-1 <= limit {
		return true
	}
	base = uint64(f.Load16(0x24)&0xfff0)<<16 | uint64(f.Load32(0x28))<<32
	limit = uint64(f.Load16(0x26)&0xfff0)<<16 | 0xfffff | uint64(f.Load32(0x2c))<<32
	return addr >= base && addr+size-1 <= limit
}

func (f *Function) Load8(off uintptr) uint8   { return f.Config[off] }
func (f *Function) Load16(off uintptr) uint16 { return binary.LittleEndian.Uint16(f.Config[off:]) }
func (f *Function) Load32(off uintptr) uint32 { return binary.LittleEndian.Uint32(f.Config[off:]) }

func (f *Function) Store8(off uintptr, v uint8) { f.Config[off] = v }
func (f *Function) Store16(off uintptr, v uint16) {
	if off == 0x24 || off == 0x26 {
		v |= 1 // the prefetchable window is 64 bits wide
	}
	binary.LittleEndian.PutUint16(f.Config[off:], v)
}

func (f *Function) Store32(off uintptr, v uint32) {
	if i := int(off-0x10) / 4; off >= 0x10 && off < 0x28 && (f.Behind == nil || i < 2) {
		v = f.barBits(i, v)
	}
	binary.LittleEndian.PutUint32(f.Config[off:], v)
}

// barBits is what sticks of v in base address register i.
func (f *Function) barBits(i int, v uint32) uint32 {
	if i > 0 && f.BARs[i-1].Wide {
		return v & uint32(-f.BARs[i-1].Size>>32)
	}
	b := f.BARs[i]
	if b.Size == 0 {
		return 0
	}
	v &= uint32(-b.Size)
	switch {
	case b.IO:
		return v&^3 | 1
	case b.Wide:
		v = v&^0xf | 4
	default:
		v &^= 0xf
	}
	if b.Prefetch {
		v |= 8
	}
	return v
}

// Reset makes the base address registers read as they do at power-on.
func (f *Function) Reset() {
	for i := range f.BARs {
		f.Store32(0x10+4*uintptr(i), 0)
	}
}

func (f *Function) Size() uintptr { return 256 }

// nobody is where no function answers: all ones (PCI section 6.1).
type nobody struct{}

func (nobody) Load8(uintptr) uint8     { return 0xff }
func (nobody) Load16(uintptr) uint16   { return 0xffff }
func (nobody) Load32(uintptr) uint32   { return 0xffffffff }
func (nobody) Store8(uintptr, uint8)   {}
func (nobody) Store16(uintptr, uint16) {}
func (nobody) Store32(uintptr, uint32) {}
func (nobody) Size() uintptr           { return 256 }
