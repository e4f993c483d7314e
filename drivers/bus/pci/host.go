package pci

import (
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// A Host is a root of PCI buses.
type Host struct {
	Config   Configuration
	FirstBus uint8
	LastBus  uint8

	// Windows are the ranges of memory that the host passes on to the bus. Where they are given nobody has configured the
	// bus yet, and Scan does. Without, the firmware has, and addresses on the bus are physical addresses.
	Windows []Window

	// Map gives the registers at a physical address.
	Map func(phys, size uint64) (mmio.Space, error)

	// Route says which input of the interrupt controller a pin drives. May be nil.
	Route func(p Pin) (irq.Input, bool)
}

// A Window is a range of physical addresses that appears on the bus.
type Window struct {
	Phys uint64 // as the CPU sees it
	Bus  uint64 // as devices see it
	Size uint64
}

// A Pin is an interrupt pin as it arrives at the host.
type Pin struct {
	Device Address // on the host's first bus: the function itself, or the bridge that it is behind
	Pin    uint8   // 1 to 4 for INTA# to INTD#
	Line   uint8   // what firmware noted in the function's interrupt line register
}

// phys translates an address range on the bus, false when no window has it whole.
func (h *Host) phys(bus, size uint64) (uint64, bool) {
	if h.Windows == nil {
		return bus, true
	}
	for _, w := range h.Windows {
		if bus >= w.Bus && bus-w.Bus < w.Size && size <= w.Size-(bus-w.Bus) {
			return w.Phys + (bus - w.Bus), true
		}
	}
	return 0, false
}

// Scan finds the functions on all buses of the host, bridges left out, having configured them where the firmware has not.
func (h *Host) Scan() []*Function {
	s := scanner{host: h, nextBus: int(h.FirstBus) + 1}
	if h.Windows != nil {
		s.spans = newSpans(h.Windows)
	}
	s.bus(h.FirstBus, nil)
	return s.found
}

// A scanner goes over the buses, depth first.
type scanner struct {
	host    *Host
	found   []*Function
	seen    [256]bool
	nextBus int    // the next number for a bus that nobody has numbered
	spans   *spans // nil where the firmware has assigned addresses
}

// bus looks for functions on one bus, behind a bridge or at the root.
func (s *scanner) bus(bus uint8, bridge *Function) {
	if s.seen[bus] {
		return // bridges that loop: a bus is scanned once
	}
	s.seen[bus] = true
	for device := range uint8(32) {
		functions := uint8(1)
		for f := uint8(0); f < functions; f++ {
			fn := s.host.probe(Address{bus, device, f}, bridge)
			if fn == nil {
				// PCI section 6.2.1: function 0 must be there, others may leave gaps.
				continue
			}
			if f == 0 && headerType.Load(fn.config)&headerMulti != 0 {
				functions = 8
			}
			if s.spans != nil {
				s.spans.assign(fn)
			}
			if headerType.Load(fn.config)&headerTypeMask == headerBridge {
				s.bridge(fn)
			} else {
				s.found = append(s.found, fn)
			}
		}
	}
}

// bridge goes behind a bridge.
func (s *scanner) bridge(b *Function) {
	if s.spans == nil {
		secondary := uint8(busNumbers.Load(b.config) >> 8)
		// Bridge section 3.2.5: 0 is a bridge that was not set up, and the number of a bus behind is higher than the bridge's.
		if secondary > b.Address.Bus && secondary <= s.host.LastBus {
			s.bus(secondary, b)
		}
		return
	}
	if s.nextBus > int(s.host.LastBus) {
		return // out of numbers: what is behind stays unseen
	}
	secondary := uint8(s.nextBus)
	s.nextBus++
	numbers := uint32(b.Address.Bus) | uint32(secondary)<<8
	// While we look behind it, the bridge passes on every higher number.
	busNumbers.Store(b.config, numbers|uint32(s.host.LastBus)<<16)
	s.spans.enter()
	s.bus(secondary, b)
	s.spans.leave(b)
	busNumbers.Store(b.config, numbers|uint32(s.nextBus-1)<<16)
}

// probe returns the function at a, nil when there is none.
func (h *Host) probe(a Address, bridge *Function) *Function {
	s := h.Config.Space(a)
	if s == nil {
		return nil
	}
	vendor := vendorID.Load(s)
	if vendor == noVendor {
		return nil
	}
	return &Function{
		Address:   a,
		Vendor:    vendor,
		Device:    deviceID.Load(s),
		Subsystem: subsystemID.Load(s),
		Class:     classCode.Load(s) >> 8,
		host:      h,
		bridge:    bridge,
		config:    s,
	}
}
