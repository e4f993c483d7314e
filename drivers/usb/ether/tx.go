package ether

import "internal/mirage/device"

// frame is the memory of a slot's frame.
func (c *Card) frame(place uint32) []byte {
	at := int(place)*slot + MaxRoom
	return c.tx.Bytes()[at : at+maxFrame : at+maxFrame]
}

// Alloc implements device.NIC.
func (c *Card) Alloc(n int) *device.Frame {
	if n > maxFrame || !c.linkUp.Load() {
		return nil
	}
	select {
	case place := <-c.free:
		return &device.Frame{Bytes: c.frame(place)[:n], Token: place}
	default:
		return nil
	}
}

// Transmit implements device.NIC.
func (c *Card) Transmit(f *device.Frame) {
	if len(f.Bytes) < minFrame {
		c.Discard(f)
		return
	}
	c.pending.Add(1)
	c.queue <- outgoing{f.Token, len(f.Bytes)} // there is room for all
}

// Discard implements device.NIC.
func (c *Card) Discard(f *device.Frame) { c.free <- f.Token }

// Flush implements device.NIC. Frames are on their way already.
func (c *Card) Flush() {}

// Idle implements device.NIC.
func (c *Card) Idle() bool { return c.pending.Load() == 0 }

// send sends what is queued. What cannot be sent is lost, as on a wire.
func (c *Card) send() {
	for o := range c.queue {
		c.mu.Lock()
		l := c.link
		c.mu.Unlock()
		if l != nil {
			c.sendOne(l, o)
		}
		c.pending.Add(-1)
		c.free <- o.slot
	}
}

func (c *Card) sendOne(l *link, o outgoing) {
	room := l.framing.Room()
	at := int(o.slot)*slot + MaxRoom - room
	n := l.framing.Wrap(c.tx.Bytes()[at:int(o.slot+1)*slot], o.length)
	_, err := l.out.Transfer(c.tx, at, n)
	if err == nil && l.framing.Terminated() && n%l.out.MaxPacket == 0 {
		_, err = l.out.Transfer(c.tx, at, 0) // USB 2.0, 5.8.3
	}
	if err != nil {
		c.failed(l, err)
	}
}
