//go:build mirage

package mmio

import (
	"errors"
	"internal/mirage/machine"
)

var errMap = errors.New("mmio: registers cannot be mapped there")

// memory is device memory mapped at base.
type memory struct {
	base uintptr
	size uintptr
}

// Map returns the registers in size bytes of physical address space from phys on.
func Map(phys, size uint64) (Space, error) {
	base := machine.MapDevice(phys, size)
	if base == 0 {
		return nil, errMap
	}
	return memory{base, uintptr(size)}, nil
}

func (m memory) Load8(off uintptr) uint8       { return load8(m.at(off, 1)) }
func (m memory) Load16(off uintptr) uint16     { return load16(m.at(off, 2)) }
func (m memory) Load32(off uintptr) uint32     { return load32(m.at(off, 4)) }
func (m memory) Store8(off uintptr, v uint8)   { store8(m.at(off, 1), v) }
func (m memory) Store16(off uintptr, v uint16) { store16(m.at(off, 2), v) }
func (m memory) Store32(off uintptr, v uint32) { store32(m.at(off, 4), v) }
func (m memory) Size() uintptr                 { return m.size }

func (m memory) at(off, width uintptr) uintptr { return m.base + check(off, width, m.size) }

// The accesses are in assembly so that each is one plain instruction of that width: the compiler may join,
// split or drop accesses to memory, and a hypervisor can emulate only simple ones (Arm ARM, ESR_ELx.ISS.ISV).

func load8(addr uintptr) uint8
func load16(addr uintptr) uint16
func load32(addr uintptr) uint32
func store8(addr uintptr, v uint8)
func store16(addr uintptr, v uint16)
func store32(addr uintptr, v uint32)
