package xen

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/irq"
	"sync/atomic"
)

// ErrNone says that the machine was not given what was to be connected to.
var ErrNone = errors.New("xen: the machine has none")

var errMemory = errors.New("xen: no memory to map a shared page")

// A Channel is a page that the machine shares with another domain from its start, and the event channel that goes with it.
type Channel struct {
	Mem  *dma.Memory
	Line irq.Line // raised by the other side

	hypervisor Hypervisor
	param      Param
	port       atomic.Uint32
}

// Connect makes the channel that two parameters of the machine name usable.
func Connect(h Hypervisor, frame, port Param) (*Channel, error) {
	f, p := h.Param(frame), uint32(h.Param(port))
	if f == 0 || p == 0 {
		return nil, ErrNone
	}
	c := &Channel{hypervisor: h, param: port}
	if c.Mem = h.Shared(f); c.Mem == nil {
		return nil, errMemory
	}
	c.port.Store(p)
	var err error
	c.Line, err = h.Line(p)
	return c, err
}

// Notify raises an event at the other side, if there is one: fuzz tests have none.
func (c *Channel) Notify() {
	if c.hypervisor != nil {
		c.hypervisor.Notify(c.port.Load())
	}
}

// Restored is called when the machine has become another domain, in which the channel has the same page, which is zero, and perhaps
// another port, from which the line is raised.
func (c *Channel) Restored() { c.port.Store(uint32(c.hypervisor.Param(c.param))) }
