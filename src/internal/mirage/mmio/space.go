package mmio

// A Space is a range of device registers. Offsets are bytes from its start and must be aligned to the access;
// an access outside of the range is a bug of the driver and panics: offsets that a device names are checked
// against Size before they are used. Values are in the CPU's byte order, which is little-endian on every
// architecture served.
//
// Each method is one access of exactly that width, in program order with the other accesses to the same device.
// A Store happens after all earlier loads and stores of memory, as the device sees them; a Load happens before
// all later ones. A driver that fills a ring and then rings the doorbell, or reads a status and then the memory
// it speaks of, needs no other barrier. A Store may still be on its way when it returns: where it must have
// arrived (a reset, say), the driver reads a register of the same device back.
type Space interface {
	Load8(off uintptr) uint8
	Load16(off uintptr) uint16
	Load32(off uintptr) uint32
	Store8(off uintptr, v uint8)
	Store16(off uintptr, v uint16)
	Store32(off uintptr, v uint32)
	// Size is the length of the range in bytes.
	Size() uintptr
}

// Sub returns the n bytes of s from off on as a space of their own, false when they do not lie in s.
func Sub(s Space, off, n uintptr) (Space, bool) {
	if off > s.Size() || n > s.Size()-off {
		return nil, false
	}
	if w, ok := s.(window); ok {
		return window{w.space, w.base + off, n}, true
	}
	return window{s, off, n}, true
}

// A window is a part of a space.
type window struct {
	space Space
	base  uintptr
	size  uintptr
}

func (w window) Load8(off uintptr) uint8       { return w.space.Load8(w.at(off, 1)) }
func (w window) Load16(off uintptr) uint16     { return w.space.Load16(w.at(off, 2)) }
func (w window) Load32(off uintptr) uint32     { return w.space.Load32(w.at(off, 4)) }
func (w window) Store8(off uintptr, v uint8)   { w.space.Store8(w.at(off, 1), v) }
func (w window) Store16(off uintptr, v uint16) { w.space.Store16(w.at(off, 2), v) }
func (w window) Store32(off uintptr, v uint32) { w.space.Store32(w.at(off, 4), v) }
func (w window) Size() uintptr                 { return w.size }

func (w window) at(off, width uintptr) uintptr { return w.base + check(off, width, w.size) }

// check returns off if an access of width bytes there lies in size bytes, and panics if not.
func check(off, width, size uintptr) uintptr {
	if off > size || width > size-off {
		panic("mmio: register outside of its space")
	}
	return off
}
