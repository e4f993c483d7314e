package ether

import (
	"internal/mirage/device"
	"internal/mirage/drivers/usb"
)

// Receive implements device.NIC.
func (c *Card) Receive(f func(*device.Frame)) {
	c.receive = f
	go c.read()
	go c.deliver()
}

// read keeps the device's pipe busy.
func (c *Card) read() {
	for {
		l := c.wait()
		block := <-c.empty
		size := MaxIn / l.in.MaxPacket * l.in.MaxPacket
		n, err := l.in.Transfer(c.rx, block*MaxIn, size)
		if n > 0 && (err == nil || err == usb.ErrNothing) {
			c.filled <- incoming{block, n, l.framing}
		} else {
			c.empty <- block
		}
		if err != nil {
			c.failed(l, err)
		}
	}
}

// deliver hands frames on.
func (c *Card) deliver() {
	var f device.Frame
	hand := func(frame []byte) {
		if len(frame) < minFrame || len(frame) > maxFrame {
			return
		}
		f = device.Frame{Bytes: frame}
		c.receive(&f)
	}
	for in := range c.filled {
		at := in.block * MaxIn
		in.framing.Unwrap(c.rx.Bytes()[at:at+in.length:at+in.length], hand)
		c.empty <- in.block
	}
}
