// Package mmiotest has register models for the tests of drivers. Nothing but tests imports it.
package mmiotest

// A Model is a space of registers that are two functions: a device model's. Each gets the offset and the width
// of the access, 1, 2 or 4 bytes. It implements mmio.Space.
type Model struct {
	Read   func(off uintptr, width int) uint32
	Write  func(off uintptr, width int, v uint32)
	Length uintptr
}

func (m *Model) Load8(off uintptr) uint8       { return uint8(m.Read(off, 1)) }
func (m *Model) Load16(off uintptr) uint16     { return uint16(m.Read(off, 2)) }
func (m *Model) Load32(off uintptr) uint32     { return m.Read(off, 4) }
func (m *Model) Store8(off uintptr, v uint8)   { m.Write(off, 1, uint32(v)) }
func (m *Model) Store16(off uintptr, v uint16) { m.Write(off, 2, uint32(v)) }
func (m *Model) Store32(off uintptr, v uint32) { m.Write(off, 4, v) }
func (m *Model) Size() uintptr                 { return m.Length }

// Bytes is a space over plain little-endian memory, for registers that only hold what was written.
type Bytes []byte

func (b Bytes) Load8(off uintptr) uint8 { return b[off] }
func (b Bytes) Load16(off uintptr) uint16 {
	return uint16(b[off]) | uint16(b[off+1])<<8
}
func (b Bytes) Load32(off uintptr) uint32 {
	return uint32(b.Load16(off)) | uint32(b.Load16(off+2))<<16
}
func (b Bytes) Store8(off uintptr, v uint8) { b[off] = v }
func (b Bytes) Store16(off uintptr, v uint16) {
	b[off], b[off+1] = byte(v), byte(v>>8)
}
func (b Bytes) Store32(off uintptr, v uint32) {
	b.Store16(off, uint16(v))
	b.Store16(off+2, uint16(v>>16))
}
func (b Bytes) Size() uintptr { return uintptr(len(b)) }
