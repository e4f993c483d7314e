package pci

import (
	"errors"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var (
	errNoBAR       = errors.New("pci: no memory at this base address")
	errUnassigned  = errors.New("pci: base address not assigned")
	errBARSize     = errors.New("pci: size of a base address is not a power of two")
	errUnreachable = errors.New("pci: base address outside of the host's windows")
)

// A Function is one function of a device.
type Function struct {
	Address   Address
	Vendor    uint16
	Device    uint16
	Subsystem uint16 // subsystem ID
	Class     uint32 // base class, subclass, interface: 24 bits

	host   *Host
	bridge *Function // that it is behind, nil at the root
	config mmio.Space
}

// Config is the function's configuration space, 256 or 4096 bytes.
func (f *Function) Config() mmio.Space { return f.config }

// Enable lets the function answer at its base addresses and master the bus: read and write memory by itself.
func (f *Function) Enable() {
	command.Store(f.config, command.Load(f.config)|commandMemory|commandMaster)
}

// Capabilities calls yield with the ID and offset of each capability in the list (PCI section 6.7) until it returns
// false. At least 4 bytes from the offset on are in configuration space.
func (f *Function) Capabilities(yield func(id uint8, off uintptr) bool) {
	if status.Load(f.config)&statusCaps == 0 {
		return
	}
	off := uintptr(capabilities.Load(f.config))
	// A list in 192 bytes of 4 bytes each has 48 entries at most: a longer one loops.
	for range (configSize - 64) / 4 {
		off &^= 3 // the low bits are reserved
		if off < 64 {
			return // 0 ends the list; the header has no capabilities
		}
		if !yield(f.config.Load8(off), off) {
			return
		}
		off = uintptr(f.config.Load8(off + 1))
	}
}

// Interrupt is the input of the interrupt controller that the function's pin drives, false when it has none or
// nobody knows.
func (f *Function) Interrupt() (irq.Input, bool) {
	pin := interruptPin.Load(f.config)
	if pin < 1 || pin > 4 || f.host.Route == nil {
		return irq.Input{}, false
	}
	at := f
	for at.bridge != nil {
		// Bridge section 9.1: pins behind a bridge are turned by the device number.
		pin = (pin-1+at.Address.Device)%4 + 1
		at = at.bridge
	}
	return f.host.Route(Pin{at.Address, pin, interruptLine.Load(f.config)})
}

// A bar is what a base address register says.
type bar struct {
	addr     uint64 // on the bus
	size     uint64
	wide     bool // 64 bits, this register and the next
	prefetch bool
}

// bar reads base address i, finding its size as PCI section 6.2.5.1 says: write ones, see which stick. size is 0 when
// there is no memory behind it.
func (f *Function) bar(i int) (b bar, err error) {
	low := baseAddress + mmio.Reg32(4*i)
	old := low.Load(f.config)
	if old&barIO != 0 {
		return b, nil
	}
	b.wide = old&barTypeMask == barType64
	b.prefetch = old&barPrefetch != 0
	if b.wide && i == f.bars()-1 {
		return bar{}, errNoBAR
	}
	// The function must not answer at the addresses that it has meanwhile.
	cmd := command.Load(f.config)
	command.Store(f.config, cmd&^(commandMemory|commandIO))
	b.addr = uint64(old &^ barFlags)
	low.Store(f.config, 0xffffffff)
	sticks := uint64(low.Load(f.config)&^barFlags) | 0xffffffff<<32
	low.Store(f.config, old)
	if b.wide {
		high := low + 4
		oldHigh := high.Load(f.config)
		b.addr |= uint64(oldHigh) << 32
		high.Store(f.config, 0xffffffff)
		sticks = sticks&0xffffffff | uint64(high.Load(f.config))<<32
		high.Store(f.config, oldHigh)
	}
	command.Store(f.config, cmd)
	if uint32(sticks) == 0 && (!b.wide || sticks == 0) {
		return bar{}, nil
	}
	b.size = -sticks
	if b.size&(b.size-1) != 0 {
		return bar{}, errBARSize
	}
	return b, nil
}

// bars is the number of base address registers.
func (f *Function) bars() int {
	if headerType.Load(f.config)&headerTypeMask == headerBridge {
		return 2
	}
	return 6
}

// Map gives the registers at base address i.
func (f *Function) Map(i int) (mmio.Space, error) {
	if i < 0 || i >= f.bars() {
		return nil, errNoBAR
	}
	b, err := f.bar(i)
	if err != nil {
		return nil, err
	}
	if b.size == 0 {
		return nil, errNoBAR
	}
	if b.addr == 0 {
		return nil, errUnassigned
	}
	phys, ok := f.host.phys(b.addr, b.size)
	if !ok {
		return nil, errUnreachable
	}
	return f.host.Map(phys, b.size)
}
