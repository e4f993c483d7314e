//go:build !mirage

package disktest

import (
	"internal/mirage/device"
	"internal/mirage/drivers/disk"
	"slices"
	"sync"
)

// A Medium is the data of a disk, with a cache that a crash empties.
type Medium struct {
	Sector   int
	ReadOnly bool

	// Fault, if set, says the error with which a request fails, nil for none. It is set before the medium is in a disk, which asks
	// of its own accord.
	Fault func(op disk.Op, off, n int64) error

	mu      sync.Mutex
	data    []byte
	durable []byte
	asked   [disk.Identify + 1]int
	longest int64
}

// Serial is a medium's name.
const Serial = "disktest-1"

// NewMedium returns a medium of so many sectors, whose bytes tell them apart.
func NewMedium(sectors, sector int) *Medium {
	m := &Medium{Sector: sector, data: make([]byte, sectors*sector)}
	for i := range m.data {
		m.data[i] = byte(i) ^ byte(i>>8) ^ byte(i>>16)
	}
	m.durable = slices.Clone(m.data)
	return m
}

// Size is its size in bytes.
func (m *Medium) Size() int64 { return int64(len(m.data)) }

// Bytes is a copy of what is on it, and Durable of what is there after a crash.
func (m *Medium) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.data)
}

// Durable is a copy of what is on it after a crash.
func (m *Medium) Durable() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.durable)
}

// Asked is how many requests of a kind there were, and Longest the bytes of the longest read or write.
func (m *Medium) Asked(op disk.Op) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked[op]
}

// Longest is how many bytes the longest read or write had.
func (m *Medium) Longest() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.longest
}

// Do does a request. The model has checked what the specification says of its form; where it lies is checked here.
func (m *Medium) Do(op disk.Op, off, n int64, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[op]++
	if m.Fault != nil {
		if err := m.Fault(op, off, n); err != nil {
			return err
		}
	}
	mask := int64(m.Sector - 1)
	if off < 0 || n < 0 || (off|n)&mask != 0 && op != disk.Identify || off > m.Size()-n {
		return device.ErrIO
	}
	switch op {
	case disk.Write, disk.Discard, disk.Zero, disk.ZeroFree:
		if m.ReadOnly {
			return device.ErrIO
		}
	}
	switch op {
	case disk.Read:
		m.longest = max(m.longest, n)
		copy(data, m.data[off:off+n])
	case disk.Write:
		m.longest = max(m.longest, n)
		copy(m.data[off:off+n], data)
	case disk.Flush:
		copy(m.durable, m.data)
	case disk.Discard:
		for i := range m.data[off : off+n] {
			m.data[off+int64(i)] = 0xdd
		}
	case disk.Zero, disk.ZeroFree:
		clear(m.data[off : off+n])
	case disk.Identify:
		clear(data[copy(data, Serial):])
	}
	return nil
}
