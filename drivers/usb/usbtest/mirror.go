package usbtest

import (
	"internal/mirage/drivers/usb"
	"sync"
)

// Mirror makes d send back what it is sent, packet by packet, and returns it.
func Mirror(d *Device) *Device {
	var mu sync.Mutex
	var queue [][]byte
	d.In = func(uint8) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if len(queue) == 0 {
			return nil, usb.ErrNothing
		}
		b := queue[0]
		queue = queue[1:]
		return b, nil
	}
	d.Out = func(_ uint8, b []byte) error {
		mu.Lock()
		defer mu.Unlock()
		queue = append(queue, append([]byte{}, b...))
		return nil
	}
	return d
}

// Found is a driver that takes the devices of a vendor's own class, as models are, and passes them on.
func Found(to chan *usb.Device) usb.Driver {
	return func(d *usb.Device, c *usb.Configuration) func() error {
		if d.Descriptor.Class != 0xff {
			return nil
		}
		return func() error { to <- d; return nil }
	}
}
