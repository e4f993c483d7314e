package pci

import (
	"internal/mirage/mmio"
	"sync"
)

// An Address names a function.
type Address struct {
	Bus, Device, Function uint8
}

// A Configuration gives the configuration space of a function, nil when the address is beyond what it reaches.
type Configuration interface {
	Space(a Address) mmio.Space
}

// ECAM is configuration space in memory (PCIe section 7.2.2): 4 KiB for a function, 1 MiB for a bus.
type ECAM struct {
	Base     uint64 // physical address of FirstBus
	FirstBus uint8
	LastBus  uint8
	Map      func(phys, size uint64) (mmio.Space, error)

	buses [256]mmio.Space // mapped when first asked for
}

// Space implements Configuration.
func (e *ECAM) Space(a Address) mmio.Space {
	if a.Bus < e.FirstBus || a.Bus > e.LastBus {
		return nil
	}
	bus := e.buses[a.Bus]
	if bus == nil {
		var err error
		if bus, err = e.Map(e.Base+uint64(a.Bus-e.FirstBus)<<20, 1<<20); err != nil {
			return nil
		}
		e.buses[a.Bus] = bus
	}
	s, _ := mmio.Sub(bus, uintptr(a.Device)<<15|uintptr(a.Function)<<12, configSizeExpress)
	return s
}

// Ports is configuration space behind the two ports of PCs (PCI section 3.2.2.3.2), 256 bytes for a function.
type Ports struct {
	mu    sync.Mutex
	ports mmio.Space // 8 bytes from port 0xcf8
}

const (
	configAddress mmio.Reg32 = 0 // RW, which 32 bits of whom
	configData               = 4 // RW, those 32 bits
)

// NewPorts uses the 8 ports from 0xcf8 on.
func NewPorts(ports mmio.Space) *Ports { return &Ports{ports: ports} }

// Present reports whether the ports are there: the address port reads as it was written.
func (p *Ports) Present() bool {
	const enable = 1 << 31
	p.mu.Lock()
	defer p.mu.Unlock()
	configAddress.Store(p.ports, enable)
	return configAddress.Load(p.ports) == enable
}

// Space implements Configuration.
func (p *Ports) Space(a Address) mmio.Space {
	return portSpace{p, 1<<31 | uint32(a.Bus)<<16 | uint32(a.Device)<<11 | uint32(a.Function)<<8}
}

// A portSpace is the configuration space of the function that the address selects.
type portSpace struct {
	*Ports
	address uint32
}

// at selects the register, under the lock, and returns where its bytes are among the data port's.
func (s portSpace) at(off uintptr) uintptr {
	if off >= configSize {
		panic("pci: register outside of configuration space")
	}
	configAddress.Store(s.ports, s.address|uint32(off&^3))
	return configData + off&3
}

func (s portSpace) Load8(off uintptr) uint8 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports.Load8(s.at(off))
}

func (s portSpace) Load16(off uintptr) uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports.Load16(s.at(off))
}

func (s portSpace) Load32(off uintptr) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports.Load32(s.at(off))
}

func (s portSpace) Store8(off uintptr, v uint8) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports.Store8(s.at(off), v)
}

func (s portSpace) Store16(off uintptr, v uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports.Store16(s.at(off), v)
}

func (s portSpace) Store32(off uintptr, v uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports.Store32(s.at(off), v)
}

func (s portSpace) Size() uintptr { return configSize }
