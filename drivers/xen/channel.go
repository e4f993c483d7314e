package xen

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/irq"
)

// ErrNone says that the machine was not given what was to be connected to.
var ErrNone = errors.New("xen: the machine has none")

var errMemory = errors.New("xen: no memory to map a shared page")

// A Channel is a page that the machine shares with another domain from its start, and the event channel that goes with it.
type Channel struct {
	Mem    *dma.Memory
	Line   irq.Line // raised by the other side
	Notify func()   // raises the other side's
}

// Connect makes the channel that two parameters of the machine name usable.
func Connect(h Hypervisor, frame, port Param) (c Channel, err error) {
	f, p := h.Param(frame), uint32(h.Param(port))
	if f == 0 || p == 0 {
		return c, ErrNone
	}
	if c.Mem = h.Shared(f); c.Mem == nil {
		return c, errMemory
	}
	c.Notify = func() { h.Notify(p) }
	c.Line, err = h.Line(p)
	return c, err
}
