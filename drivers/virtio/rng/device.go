package rng

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
	"sync"
)

var (
	errMemory = errors.New("virtio-rng: no memory")
	errEmpty  = errors.New("virtio-rng: the device gives no bytes")
	errClosed = errors.New("virtio-rng: the device has failed")
)

// patience is how often in a row the device may give nothing.
const patience = 16

// A Device is a source of random bytes. It implements device.Entropy.
type Device struct {
	dev *virtio.Device

	mu    sync.Mutex
	queue *queue.Queue
	line  irq.Line
	mem   *dma.Memory
}

// Open makes a device ready. It has no features (section 5.4.3) and one queue (section 5.4.2).
func Open(t virtio.Transport) (*Device, error) {
	dev, err := virtio.Open(t, 0)
	if err != nil {
		return nil, err
	}
	d := &Device{dev: dev}
	if err := d.init(); err != nil {
		return nil, dev.GiveUp(err)
	}
	dev.Start()
	return d, nil
}

func (d *Device) init() (err error) {
	if err := d.dev.Connect(1); err != nil {
		return err
	}
	if d.mem = dma.Alloc(dma.PageSize); d.mem == nil {
		return errMemory
	}
	d.queue, d.line, err = d.dev.Queue(0, 8, 1, true)
	return err
}

// Read implements device.Entropy: it fills all of p.
func (d *Device) Read(p []byte) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for empty := 0; n < len(p); {
		k, err := d.fetch(p[n:])
		if err != nil {
			return n, err
		}
		if n += k; k > 0 {
			empty = 0
		} else if empty++; empty == patience {
			return n, errEmpty
		}
	}
	return n, nil
}

// fetch asks the device once, and returns how many bytes it gave: perhaps fewer than asked for (section 5.4.6.2).
func (d *Device) fetch(p []byte) (int, error) {
	ask := min(len(p), d.mem.Len())
	if d.queue.Add(nil, []queue.Segment{{Addr: d.mem.Addr(), Len: uint32(ask)}}, 0) {
		d.queue.Flush()
	}
	for {
		_, written, ok := d.queue.Take()
		if ok {
			got := d.mem.Bytes()[:written]
			copy(p, got)
			clear(got) // nobody else shall have them
			return int(written), nil
		}
		if err := d.queue.Err(); err != nil {
			d.dev.Fail(err)
			return 0, err
		}
		if !d.queue.Arm() && d.queue.Err() == nil && !d.line.Wait() {
			return 0, errClosed
		}
	}
}
