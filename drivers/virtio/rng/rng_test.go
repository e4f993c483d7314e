//go:build !mirage

package rng

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"testing"
)

var _ device.Entropy = (*Device)(nil)

// open makes a device that gives most bytes at a time, counting up.
func open(t *testing.T, version int, number uint32, most int) (*virtiotest.Device, *Device) {
	m := &virtiotest.Device{ID: virtio.IDEntropy, Offered: virtio.FeatureVersion1 | virtio.FeatureEventIndex, Max: []int{64}}
	next := byte(0)
	m.Notified = func(i int) {
		r := m.Ring(0)
		for c, ok := r.Pop(); ok; c, ok = r.Pop() {
			b := c.In[0].Bytes()
			b = b[:min(len(b), most)]
			for i := range b {
				b[i] = next
				next++
			}
			r.Sleep()
			go m.Use(0, c, len(b))
		}
	}
	tr, err := virtiommio.Open("rng", m.MMIO(version, number), irq.Input{Number: number})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(tr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range m.Faults() {
			t.Error("the driver broke a rule:", f)
		}
	})
	return m, d
}

func TestRead(t *testing.T) {
	for version := 1; version <= 2; version++ {
		_, d := open(t, version, 3000+uint32(version), 1000)
		p := make([]byte, 10000)
		if n, err := d.Read(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
		for i, b := range p {
			if b != byte(i) {
				t.Fatalf("byte %d is %d", i, b)
			}
		}
		if !bytes.Equal(d.mem.Bytes()[:1000], make([]byte, 1000)) {
			t.Error("bytes that were given out stay in memory")
		}
	}
}

func TestDeviceThatGivesNothing(t *testing.T) {
	_, d := open(t, 2, 3010, 0)
	if _, err := d.Read(make([]byte, 8)); err != errEmpty {
		t.Error(err)
	}
}

func TestDeviceThatLies(t *testing.T) {
	m, d := open(t, 2, 3011, 0)
	m.Notified = func(int) {
		c, _ := m.Ring(0).Pop()
		m.Use(0, c, 9)
	}
	if _, err := d.Read(make([]byte, 8)); err != queue.ErrLength || m.Status() != 0 {
		t.Errorf("9 bytes of 8: %v, status %#x", err, m.Status())
	}
	if _, err := d.Read(make([]byte, 8)); err == nil {
		t.Error("goes on")
	}
}

func TestFailedWhileReading(t *testing.T) {
	m, d := open(t, 2, 3012, 0)
	m.Notified = func(int) { go d.dev.Fail(errEmpty) }
	if _, err := d.Read(make([]byte, 8)); err != errClosed {
		t.Error(err)
	}
}
