package genet

import (
	"internal/mirage/device"
	"internal/mirage/mmio"
)

// initReceive gives each descriptor its memory, for good. The card may go on with the index that it has, so ours is made its.
func (c *Card) initReceive() {
	initRing(c.rx)
	rxFlow.Store(c.rx, flowLevels)
	c.consumed = uint16(rxProduced.Load(c.rx))
	rxConsumed.Store(c.rx, uint32(c.consumed))
	at := uint32(c.consumed%ring) * descWords
	rxRead.Store(c.rx, at)
	rxWrite.Store(c.rx, at)
	for n := range uint16(ring) {
		descriptorOf(rxDescriptors, n).fill(c.regs, c.rxMemory.Addr()+uint64(n)*slot, slot<<descBytes|descOwn)
	}
}

// Receive implements device.NIC.
func (c *Card) Receive(f func(*device.Frame)) {
	c.receive = f
	go func() {
		for c.drain() && c.received.Wait() {
		}
	}()
}

// drain hands on what has come, and gives the memory back to the card. It returns false when the card is of no use any more.
func (c *Card) drain() bool {
	var f device.Frame
	for {
		// The index before the frames that it counts: mmio.Space's loads are in order with what follows.
		n := uint16(rxProduced.Load(c.rx)) - c.consumed
		if n == 0 {
			return !c.failed.Load()
		}
		if n > ring {
			c.fail(errIndex)
			return false
		}
		for ; n > 0; n-- {
			if frame := c.frame(); frame != nil {
				f = device.Frame{Bytes: frame}
				c.receive(&f)
			}
			c.consumed++
			rxConsumed.Store(c.rx, uint32(c.consumed)) // after the last load of the frame: likewise
		}
		c.Flush() // what receive has answered
	}
}

// frame is the next frame, nil if it came with errors or not whole.
func (c *Card) frame() []byte {
	v := (descLength + mmio.Reg32(descriptorOf(rxDescriptors, c.consumed))).Load(c.regs)
	n := int(v >> descBytes & descLongest)
	if v&(descStart|descEnd) != descStart|descEnd || v&descErrors != 0 || n < 14 || n > slot {
		return nil
	}
	at := int(c.consumed%ring) * slot
	return c.rxMemory.Bytes()[at : at+n : at+n]
}
