package tcp

import (
	"sync"
	"sync/atomic"
)

// chunkSize is what buffers grow by, octets.
const chunkSize = 4096

type chunk [chunkSize]byte

// A memory is what the buffers of all connections take their chunks from.
type memory struct {
	used  atomic.Int64 // octets
	limit atomic.Int64
	spare sync.Pool
}

// get returns a chunk, nil if the limit is reached. The first chunk of a buffer is given all the same (first), so that
// no connection stands still for ever.
func (m *memory) get(first bool) *chunk {
	if m.used.Add(chunkSize) > m.limit.Load() && !first {
		m.used.Add(-chunkSize)
		return nil
	}
	if c, ok := m.spare.Get().(*chunk); ok {
		return c
	}
	return new(chunk)
}

func (m *memory) put(c *chunk) {
	m.used.Add(-chunkSize)
	m.spare.Put(c)
}

// scarce reports whether windows should stay small.
func (m *memory) scarce() bool {
	limit := m.limit.Load()
	return m.used.Load() > limit-limit/4
}
