package console

import (
	"internal/byteorder"
	"internal/mirage/device"
)

// controlBuffers is how many messages the host can send at once. QEMU drops those for which there is no buffer, and sends three for
// a port.
const controlBuffers = 32

// A control is the pair of queues on which host and driver speak of ports: section 5.3.6.
type control struct {
	device *Device
	rx     receiver
	tx     *sender
}

func newControl(d *Device) (c *control, err error) {
	c = &control{device: d}
	if err = c.rx.init(d, controlReceive, controlBuffers); err != nil {
		return nil, err
	}
	c.tx, err = newSender(d, controlTransmit)
	return c, err
}

func (c *control) start() {
	go c.tx.watch()
	go c.receive()
}

// receive is the control goroutine.
func (c *control) receive() {
	c.rx.giveAll()
	c.send(0, eventDeviceReady, 1)
	message := make([]byte, 0, c.rx.mem.size)
	for {
		i, written, ok := c.rx.queue.Take()
		if !ok {
			if err := c.rx.queue.Err(); err != nil {
				c.device.fail(err)
				return
			}
			if !c.rx.queue.Arm() && !c.rx.line.Wait() {
				return
			}
			continue
		}
		// A copy: what is checked must not change afterwards.
		message = append(message[:0], c.rx.mem.bytes(i)[:written]...)
		c.rx.give(i)
		c.rx.queue.Flush()
		c.handle(message)
	}
}

// send tells the host something of a port.
func (c *control) send(id, event, value int) {
	var m [controlSize]byte
	byteorder.LEPutUint32(m[controlID:], uint32(id))
	byteorder.LEPutUint16(m[controlEvent:], uint16(event))
	byteorder.LEPutUint16(m[controlValue:], uint16(value))
	c.tx.write(m[:])
}

// handle does what a message of the host says. One that makes no sense is ignored.
func (c *control) handle(m []byte) {
	if len(m) < controlSize {
		return
	}
	id := byteorder.LEUint32(m[controlID:])
	if uint64(id) >= uint64(len(c.device.ports)) {
		return
	}
	p := c.device.ports[id]
	value := byteorder.LEUint16(m[controlValue:])
	switch byteorder.LEUint16(m[controlEvent:]) {
	case eventPortAdd:
		c.send(p.id, eventPortReady, 1)
	case eventPortRemove:
		p.setOpen(false)
	case eventConsolePort:
		c.device.found(p)
		c.send(p.id, eventPortOpen, 1)
	case eventPortOpen:
		p.setOpen(value != 0)
	case eventPortName:
		name := clean(m[controlSize:])
		if name == "" {
			return
		}
		if !p.named {
			p.named = true
			device.AddPort(device.Port{Name: name, Console: p})
		}
		c.send(p.id, eventPortOpen, 1) // again for one that was taken away and has come back
	}
}

// clean returns a name that may be shown and compared: printable ASCII up to the zero that ends it, empty if it is anything else.
func clean(b []byte) string {
	n := 0
	for n < len(b) && b[n] != 0 {
		if b[n] <= ' ' || b[n] > '~' || n == maxName {
			return ""
		}
		n++
	}
	return string(b[:n])
}
