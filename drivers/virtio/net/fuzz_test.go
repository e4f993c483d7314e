//go:build !mirage

package net

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"testing"
	"time"
)

// FuzzHostileCard lets the input decide what the card does while the driver's goroutine runs: fill buffers with any header
// and any length, use what it likes, and overwrite words of the rings. What is handed on must be a frame all the same, and the
// driver must end when it is told to.
func FuzzHostileCard(f *testing.F) {
	f.Add([]byte{1, 1, 34, 6, 0, 9, 1, 4, 0, 5, 0, 4})
	f.Add([]byte{1, 0, 0, 0, 0, 200, 2, 1, 0, 0, 0, 0, 255, 1, 4})
	f.Add([]byte{2, 9, 60, 4, 3, 0, 1, 7, 4, 0, 0, 0, 5, 1, 4})
	f.Fuzz(func(t *testing.T, in []byte) {
		m := &virtiotest.Device{ID: virtio.IDNet, Offered: modern | features, Config: config, Max: []int{16, 16}}
		n := 7000 + inputs.Add(1)
		tr, err := virtiommio.Open("net", m.MMIO(2, n), irq.Input{Number: n})
		if err != nil {
			t.Fatal(err)
		}
		d, err := Open(tr, nil)
		if err != nil {
			t.Fatal(err)
		}
		device.SetReporter(func(string, error) {})
		d.Receive(func(f *device.Frame) {
			if len(f.Bytes) < minFrame || len(f.Bytes) > device.MaxMerged {
				t.Errorf("a frame of %d bytes", len(f.Bytes))
			}
			if f.Checksum == device.ChecksumPartial && int(f.Start)+int(f.Offset)+2 > len(f.Bytes) {
				t.Errorf("a checksum at %d+%d of %d bytes", f.Start, f.Offset, len(f.Bytes))
			}
			if a := d.Alloc(len(f.Bytes)); a != nil {
				d.Transmit(a)
			}
		})
		c := &hostile{m: m, d: d, in: in}
		for len(c.in) > 0 {
			c.step()
		}
		m.Interrupt(receiveQueue)
		d.fail(errors.New("test over"))
		for started := time.Now(); d.Alloc(60) != nil; {
			if time.Since(started) > time.Minute {
				t.Fatal("frames are given out after the end")
			}
		}
	})
}

// A hostile card does what its input says.
type hostile struct {
	m  *virtiotest.Device
	d  *Device
	in []byte
}

func (c *hostile) next() (b byte) {
	if len(c.in) > 0 {
		b, c.in = c.in[0], c.in[1:]
	}
	return b
}

func (c *hostile) step() {
	op := c.next() % 6
	if op > 0 {
		c.card(op)
		return
	}
	if a := c.d.Alloc(60); a != nil {
		c.d.Transmit(a)
		c.d.Flush()
	}
}

// card is a step of the card's.
func (c *hostile) card(op byte) {
	// The model stops at rings that it has spoilt itself.
	defer func() { recover() }()
	rx, tx := c.m.Ring(receiveQueue), c.m.Ring(transmitQueue)
	switch op {
	case 1: // a buffer with a header
		ch, ok := rx.Pop()
		if !ok {
			return
		}
		b := ch.In[0].Bytes()
		b[headerFlags], b[headerStart], b[headerOffset] = c.next(), c.next(), c.next()
		b[headerType] = c.next() & 1
		n := int(c.next()) * 8
		b[headerBuffers], b[headerBuffers+1] = c.next(), 0
		rx.Push(ch.Head, uint32(n))
	case 2:
		rx.PushAll(virtiotest.Element{ID: uint32(c.next()), Written: uint32(c.next()) * 8})
	case 3:
		ring := []*virtiotest.Ring{rx, tx}[c.next()&1]
		mem, used := dma.At(ring.Used, 8)
		mem.Store16(used+int(c.next()%70)*2, uint16(c.next()))
	case 4:
		c.m.Interrupt(receiveQueue)
	case 5:
		ch, ok := tx.Pop()
		if ok {
			tx.Push(ch.Head, uint32(c.next()&1))
		}
	}
}
