//go:build mirage

package irq

import (
	"internal/mirage/machine"
	"sync"
)

// A channel is the line of an event channel. Devices on those come and go, and lines are few: one that is closed is given back,
// once nobody waits on it any more.
type channel struct {
	line
	port uint32

	mu              sync.Mutex
	waiting, closed bool
}

// Channel returns the line that the events of one of Xen's event channels raise.
func Channel(port uint32) (Line, error) {
	l := machine.XenLine(port)
	if l < 0 {
		return nil, errNoInput
	}
	return &channel{line: line{machine: l}, port: port}, nil
}

// Wait implements Line.
func (c *channel) Wait() bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	c.waiting = true
	c.mu.Unlock()
	ok := c.line.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = false
	if c.closed {
		machine.FreeXenLine(c.machine, c.port)
		return false
	}
	return ok
}

// Close implements Line. The channel itself is to be closed behind it.
func (c *channel) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	c.line.Close()
	if !c.waiting {
		machine.FreeXenLine(c.machine, c.port)
	}
}
