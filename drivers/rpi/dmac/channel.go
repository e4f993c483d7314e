package dmac

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/dma"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"sync"
)

var (
	errRegisters = errors.New("dma: registers missing")
	errMemory    = errors.New("dma: no memory")
	errLength    = errors.New("dma: whole words within the memory, and one at least")
	errFailed    = errors.New("dma: the controller reports an error of the bus")
	errSilent    = errors.New("dma: the transfer does not come to its end")
)

// patience is how long a transfer may take.
const patience = clock.Second

// A Port is a data register of a device.
type Port struct {
	Bus   uint32 // its address for the controller: 0x7e...
	Pacer uint8  // the number of the device's requests: 4.2.1.3
}

// A Channel does one transfer at a time.
type Channel struct {
	regs mmio.Space
	bus  uint32 // added to physical addresses, for the controller's own

	mu    sync.Mutex
	block *dma.Memory
	over  chan struct{} // holds one token: the channel has interrupted
}

// Open returns the channel at regs, which sees memory at bus and drives input.
func Open(regs mmio.Space, bus uint32, input irq.Input) (*Channel, error) {
	if regs.Size() < size {
		return nil, errRegisters
	}
	c := &Channel{regs: regs, bus: bus, block: dma.AllocUncached(blockSize), over: make(chan struct{}, 1)}
	if c.block == nil {
		return nil, errMemory
	}
	c.stop()
	if err := irq.Attach(input, c.interrupt); err != nil {
		return nil, err
	}
	return c, nil
}

// interrupt takes back the interrupt, and leaves END for who waits.
func (c *Channel) interrupt() {
	v := control.Load(c.regs)
	if v&interrupt == 0 {
		return
	}
	control.Store(c.regs, v&^end)
	select {
	case c.over <- struct{}{}:
	default:
	}
}

// stop has the channel forget what it does: 4.2.1.2, RESET. Nothing is written to memory afterwards.
func (c *Channel) stop() {
	control.Store(c.regs, reset)
	control.Store(c.regs, end|interrupt)
	debug.Store(c.regs, debugErrors)
	select {
	case <-c.over:
	default:
	}
}

// Move moves the first n bytes of m to a port, or what comes from the port to them, in words.
func (c *Channel) Move(p Port, m *dma.Memory, n int, toMemory bool) error {
	if n <= 0 || n%4 != 0 || n > m.Len() {
		return errLength
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fill(p, uint32(m.Addr())+c.bus, n, toMemory)
	c.stop()
	block.Store(c.regs, uint32(c.block.Addr())+c.bus)
	control.Store(c.regs, active|priority|panics|waitWrites)
	t, late := clock.NewTimer(patience)
	defer t.Stop()
	for {
		v := control.Load(c.regs)
		switch {
		case v&failed != 0:
			c.stop()
			return errFailed
		case v&end != 0 && v&active == 0:
			c.stop()
			return nil
		}
		select {
		case <-c.over:
		case <-late:
			c.stop()
			return errSilent
		}
	}
}

// fill writes the control block.
func (c *Channel) fill(p Port, memory uint32, n int, toMemory bool) {
	info := interruptAtEnd | waitAnswer | narrow | uint32(p.Pacer)<<pacerShift
	source, target := memory, p.Bus
	if toMemory {
		source, target = p.Bus, memory
		info |= targetGoesOn | sourcePaces
	} else {
		info |= sourceGoesOn | targetPaces
	}
	b := c.block
	b.Store32(wordInfo, info)
	b.Store32(wordSource, source)
	b.Store32(wordTarget, target)
	b.Store32(wordLength, uint32(n))
	b.Store32(wordStride, 0)
	b.Store32(wordNext, 0)
}
