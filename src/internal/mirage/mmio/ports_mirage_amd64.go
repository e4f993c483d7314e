//go:build mirage

package mmio

// ports is a range of x86 I/O ports.
type ports struct {
	base uintptr
	size uintptr
}

// Ports returns the I/O ports from base on as a space of size bytes.
func Ports(base, size uint16) Space {
	check(uintptr(base), uintptr(size), 1<<16)
	return ports{uintptr(base), uintptr(size)}
}

func (p ports) Load8(off uintptr) uint8       { return In8(p.at(off, 1)) }
func (p ports) Load16(off uintptr) uint16     { return In16(p.at(off, 2)) }
func (p ports) Load32(off uintptr) uint32     { return In32(p.at(off, 4)) }
func (p ports) Store8(off uintptr, v uint8)   { Out8(p.at(off, 1), v) }
func (p ports) Store16(off uintptr, v uint16) { Out16(p.at(off, 2), v) }
func (p ports) Store32(off uintptr, v uint32) { Out32(p.at(off, 4), v) }
func (p ports) Size() uintptr                 { return p.size }

func (p ports) at(off, width uintptr) uint16 { return uint16(p.base + check(off, width, p.size)) }

// In8 reads the I/O port. Like its siblings it is nosplit assembly, for code that may not grow the stack.
func In8(port uint16) uint8

// In16 reads the I/O port.
func In16(port uint16) uint16

// In32 reads the I/O port.
func In32(port uint16) uint32

// Out8 writes the I/O port.
func Out8(port uint16, v uint8)

// Out16 writes the I/O port.
func Out16(port uint16, v uint16)

// Out32 writes the I/O port.
func Out32(port uint16, v uint32)
