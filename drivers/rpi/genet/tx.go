package genet

import "internal/mirage/device"

// initTransmit makes the ring empty. The card goes on with the index that it has, so ours are made its.
func (c *Card) initTransmit() {
	initRing(c.tx)
	txPeriod.Store(c.tx, 0)
	c.produced = uint16(txConsumed.Load(c.tx))
	c.told, c.done = c.produced, c.produced
	txProduced.Store(c.tx, uint32(c.produced))
	at := uint32(c.produced%ring) * descWords
	txRead.Store(c.tx, at)
	txWrite.Store(c.tx, at)
}

// Alloc implements device.NIC.
func (c *Card) Alloc(n int) *device.Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > maxFrame || n < 0 || !c.linkUp.Load() {
		return nil
	}
	if len(c.free) == 0 {
		c.reclaim()
		if len(c.free) == 0 {
			return nil
		}
	}
	last := len(c.free) - 1
	place := c.free[last]
	c.free = c.free[:last]
	at := int(place) * slot
	return &device.Frame{Bytes: c.txMemory.Bytes()[at : at+n : at+maxFrame], Token: place}
}

// Discard implements device.NIC.
func (c *Card) Discard(f *device.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, f.Token)
}

// Transmit implements device.NIC. There are as many descriptors as slots, so that one is free. The MAC does not pad.
func (c *Card) Transmit(f *device.Frame) {
	if len(f.Bytes) < 14 {
		c.Discard(f)
		return
	}
	n := max(len(f.Bytes), minFrame)
	if n > len(f.Bytes) {
		at := int(f.Token) * slot
		clear(c.txMemory.Bytes()[at+len(f.Bytes) : at+n])
	}
	addr := c.txMemory.Addr() + uint64(f.Token)*slot
	c.mu.Lock()
	defer c.mu.Unlock()
	descriptorOf(txDescriptors, c.produced).fill(c.regs, addr, uint32(n)<<descBytes|descStart|descEnd|descCRC|descQueue)
	c.queued[c.produced%ring] = f.Token
	c.produced++
}

// Flush implements device.NIC. The store of the index is after those of frames and descriptors: mmio.Space.
func (c *Card) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told != c.produced && !c.failed.Load() {
		c.told = c.produced
		txProduced.Store(c.tx, uint32(c.produced))
	}
}

// Idle implements device.NIC.
func (c *Card) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reclaim()
	return c.done == c.produced || c.failed.Load()
}

// reclaim takes the slots of frames back that were sent. c.mu is held.
func (c *Card) reclaim() {
	n := uint16(txConsumed.Load(c.tx)) - c.done
	if n > c.told-c.done {
		c.fail(errIndex)
		return
	}
	for ; n > 0; n-- {
		c.free = append(c.free, c.queued[c.done%ring])
		c.done++
	}
}
