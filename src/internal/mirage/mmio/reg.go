package mmio

// Reg8 is the offset of an 8-bit register.
type Reg8 uintptr

// Load reads the register.
func (r Reg8) Load(s Space) uint8 { return s.Load8(uintptr(r)) }

// Store writes the register.
func (r Reg8) Store(s Space, v uint8) { s.Store8(uintptr(r), v) }

// Reg16 is the offset of a 16-bit register.
type Reg16 uintptr

// Load reads the register.
func (r Reg16) Load(s Space) uint16 { return s.Load16(uintptr(r)) }

// Store writes the register.
func (r Reg16) Store(s Space, v uint16) { s.Store16(uintptr(r), v) }

// Reg32 is the offset of a 32-bit register.
type Reg32 uintptr

// Load reads the register.
func (r Reg32) Load(s Space) uint32 { return s.Load32(uintptr(r)) }

// Store writes the register.
func (r Reg32) Store(s Space, v uint32) { s.Store32(uintptr(r), v) }

// Reg64 is the offset of a 64-bit register that is accessed as two of 32 bits, the low half first, as virtio
// (1.2 section 4.1.3.1) and PCI want it. No register served so far needs a single 64-bit access.
type Reg64 uintptr

// Load reads both halves. The device may change the register between them.
func (r Reg64) Load(s Space) uint64 {
	low := s.Load32(uintptr(r))
	return uint64(s.Load32(uintptr(r)+4))<<32 | uint64(low)
}

// Store writes both halves.
func (r Reg64) Store(s Space, v uint64) {
	s.Store32(uintptr(r), uint32(v))
	s.Store32(uintptr(r)+4, uint32(v>>32))
}
