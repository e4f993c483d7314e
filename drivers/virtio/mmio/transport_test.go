//go:build !mirage

package mmio_test

import (
	"internal/mirage/drivers/virtio"
	"internal/mirage/drivers/virtio/mmio"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// Section 4.2.2: what is there, and what is not.
func TestOpen(t *testing.T) {
	put := func(b mmiotest.Bytes, magic, version, id uint32) mmiotest.Bytes {
		b.Store32(0, magic)
		b.Store32(4, version)
		b.Store32(8, id)
		return b
	}
	const magic = 0x74726976
	for name, c := range map[string]struct {
		regs mmiotest.Bytes
		ok   bool
		none bool
	}{
		"a device":          {put(make(mmiotest.Bytes, 0x200), magic, 2, 1), true, false},
		"a legacy device":   {put(make(mmiotest.Bytes, 0x200), magic, 1, 1), true, false},
		"an empty place":    {put(make(mmiotest.Bytes, 0x200), magic, 2, 0), false, true},
		"something else":    {put(make(mmiotest.Bytes, 0x200), 0, 2, 1), false, true},
		"version 3":         {put(make(mmiotest.Bytes, 0x200), magic, 3, 1), false, false},
		"too few registers": {put(make(mmiotest.Bytes, 0xff), magic, 2, 1), false, true},
	} {
		tr, err := mmio.Open("", c.regs, irq.Input{})
		if (err == nil) != c.ok || (err == mmio.ErrNone) != c.none || err == nil && tr.DeviceID() != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A device that always has a reason for an interrupt does not keep the handler for ever, and one that gets a second reason
// while the first is handled is heard of both though its input is by edge.
func TestInterruptReasons(t *testing.T) {
	const number = 6001
	reads := 0
	m := &mmiotest.Model{Length: 0x200, Write: func(uintptr, int, uint32) {}}
	m.Read = func(off uintptr, width int) uint32 {
		switch off {
		case 0x00:
			return 0x74726976
		case 0x04:
			return 2
		case 0x08:
			return 1
		case 0x60:
			if reads++; reads == 1 {
				return 1 // a buffer first
			}
			return 2 // then the configuration, and it never ends
		}
		return 0
	}
	tr, err := mmio.Open("", m, irq.Input{Number: number})
	if err != nil {
		t.Fatal(err)
	}
	config, err := tr.Connect(1)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		irq.Fire(number)
		config.Wait()
	}
}

// A queue that is in use already is not taken (section 4.2.3.2), nor are more interrupts than were announced.
func TestQueueInUse(t *testing.T) {
	for version := 1; version <= 2; version++ {
		number := 6010 + uint32(version)
		d := &virtiotest.Device{ID: 4, Offered: virtio.FeatureVersion1, Max: []int{8, 8}}
		tr, err := mmio.Open("", d.MMIO(version, number), irq.Input{Number: number})
		if err != nil {
			t.Fatal(err)
		}
		dev, err := virtio.Open(tr, 0)
		if err == nil {
			err = dev.Connect(1)
		}
		if err != nil {
			t.Fatal(err)
		}
		q, _, err := dev.Queue(0, 8, 1, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.EnableQueue(0, q, false); err == nil {
			t.Error("a queue placed twice")
		}
		other, err := queue.New(queue.Config{Size: 8})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.EnableQueue(1, other, true); err == nil {
			t.Error("a second interrupt of one")
		}
	}
}
