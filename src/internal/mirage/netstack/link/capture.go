package link

import "internal/mirage/device"

// A Capture is a card whose frames are recorded on their way in and out.
type Capture struct {
	device.NIC
	w   *PcapWriter
	now func() int64
}

// NewCapture makes a card that is nic and records to w. now is nanoseconds since 1970. Frames that the card has still
// to put the checksum into are recorded without it.
func NewCapture(nic device.NIC, w *PcapWriter, now func() int64) *Capture {
	return &Capture{NIC: nic, w: w, now: now}
}

// Transmit records f and passes it on. An error of the file does not stop the traffic; PcapWriter keeps it.
func (c *Capture) Transmit(f *device.Frame) {
	c.w.Write(c.now(), f.Bytes)
	c.NIC.Transmit(f)
}

// Receive records each frame before f gets it.
func (c *Capture) Receive(f func(*device.Frame)) {
	c.NIC.Receive(func(frame *device.Frame) {
		c.w.Write(c.now(), frame.Bytes)
		f(frame)
	})
}
