//go:build !mirage

package virtio_test

import (
	"internal/mirage/device"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	virtiopci "internal/mirage/drivers/virtio/pci"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"sync/atomic"
	"testing"
)

const (
	modern  = virtio.FeatureVersion1 | virtio.FeatureEventIndex | virtio.FeatureIndirect
	unknown = 1<<34 | 1<<35 | 1<<5 // packed rings, in order, and what only another driver knows
)

var inputs atomic.Uint32

// transports makes each kind of transport for a device.
func transports(t *testing.T, f func(t *testing.T, open func(d *virtiotest.Device) virtio.Transport)) {
	for name, version := range map[string]int{"mmio": 2, "mmio-legacy": 1} {
		t.Run(name, func(t *testing.T) {
			f(t, func(d *virtiotest.Device) virtio.Transport {
				n := 1000 + inputs.Add(1)
				tr, err := virtiommio.Open(name, d.MMIO(version, n), irq.Input{Number: n})
				if err != nil {
					t.Fatal(err)
				}
				return tr
			})
		})
	}
	for name, vectors := range map[string]int{"pci": 8, "pci-shared": 2, "pci-one": 1, "pci-pin": 0} {
		t.Run(name, func(t *testing.T) {
			f(t, func(d *virtiotest.Device) virtio.Transport {
				front := d.PCI(3, vectors)
				front.Pin = 1000 + inputs.Add(1)
				fns := virtiotest.Host(front).Scan()
				if len(fns) != 1 || !virtiopci.Is(fns[0]) {
					t.Fatal("not found on the bus")
				}
				tr, err := virtiopci.Open(name, fns[0])
				if err != nil {
					t.Fatal(err)
				}
				return tr
			})
		})
	}
}

func noFaults(t *testing.T, d *virtiotest.Device) {
	t.Helper()
	for _, f := range d.Faults() {
		t.Error("the driver broke a rule:", f)
	}
}

// The set-up of section 3.1.1 on each transport, then a chain through each of two queues, with their interrupts, then a
// change of the configuration.
func TestSetUp(t *testing.T) {
	transports(t, func(t *testing.T, open func(d *virtiotest.Device) virtio.Transport) {
		m := &virtiotest.Device{ID: 4, Offered: modern | unknown | 1<<3, Max: []int{64, 8, 16}, Config: []byte{1, 2, 3, 4}}
		tr := open(m)
		if tr.DeviceID() != 4 {
			t.Fatalf("kind %d", tr.DeviceID())
		}
		d, err := virtio.Open(tr, 1<<3)
		if err == nil {
			err = d.Connect(2)
		}
		if err != nil {
			t.Fatal(err)
		}
		want := uint64(modern | 1<<3)
		if tr.Legacy() {
			want &= 0xffffffff
		}
		if m.Accepted() != want || d.Has(unknown) || !d.Has(1<<3) {
			t.Fatalf("accepted %#x, want %#x", m.Accepted(), want)
		}
		var queues []*queue.Queue
		var lines []irq.Line
		for i, intr := range []bool{true, false, true} {
			q, line, err := d.Queue(i, 32, 1, intr)
			if err != nil || (line != nil) != intr || q.Size() != []int{32, 8, 16}[i] {
				t.Fatalf("queue %d: %v", i, err)
			}
			queues, lines = append(queues, q), append(lines, line)
		}
		if _, _, err := d.Queue(3, 32, 1, false); err == nil {
			t.Error("a queue that is not there")
		}
		d.Start()
		m.Notified = func(i int) {
			if c, ok := m.Ring(i).Pop(); ok {
				m.Use(i, c, 7)
			}
		}
		for i, q := range queues {
			q.Arm()
			q.Add(nil, []queue.Segment{{Addr: 0x1000, Len: 10}}, uint32(i))
			q.Flush()
			if lines[i] != nil && !lines[i].Wait() {
				t.Fatalf("queue %d: line closed", i)
			}
			if token, n, ok := q.Take(); !ok || token != uint32(i) || n != 7 {
				t.Fatalf("queue %d: %d, %d, %v, %v", i, token, n, ok, q.Err())
			}
		}
		m.Change(func(c []byte) { c[2] = 9 })
		d.ConfigLine().Wait()
		var v uint32
		d.ReadConfig(func(c mmio.Space) { v = c.Load32(0) })
		if v != 0x04090201 {
			t.Errorf("configuration %#x", v)
		}
		noFaults(t, m)
	})
}

func TestRefusals(t *testing.T) {
	transports(t, func(t *testing.T, open func(d *virtiotest.Device) virtio.Transport) {
		legacy := open(&virtiotest.Device{ID: 4}).Legacy()
		old := &virtiotest.Device{ID: 4, Offered: virtio.FeatureIndirect, Max: []int{8}}
		if _, err := virtio.Open(open(old), 0); (err == nil) != legacy {
			t.Errorf("a device without VIRTIO_F_VERSION_1: %v", err)
		}
		stubborn := &virtiotest.Device{ID: 4, Offered: modern, Max: []int{8}, Refuse: true}
		if _, err := virtio.Open(open(stubborn), 0); (err == nil) != legacy || !legacy && stubborn.Status()&virtio.StatusFailed == 0 {
			t.Errorf("a device that takes its features back: %v, status %#x", err, stubborn.Status())
		}
	})
}

// A device that is failed is reset, reported once, and its waiters wake.
func TestFail(t *testing.T) {
	transports(t, func(t *testing.T, open func(d *virtiotest.Device) virtio.Transport) {
		m := &virtiotest.Device{ID: 4, Offered: modern, Max: []int{8}}
		d, err := virtio.Open(open(m), 0)
		if err == nil {
			err = d.Connect(1)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, line, err := d.Queue(0, 8, 1, true)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		if err := d.Check(); err != nil {
			t.Error(err)
		}
		var reports atomic.Int32
		device.SetReporter(func(string, error) { reports.Add(1) })
		done := make(chan bool)
		go func() { done <- line.Wait() }()
		m.SetStatus(m.Status() | virtio.StatusNeedsReset)
		err = d.Check()
		if err == nil {
			t.Error("DEVICE_NEEDS_RESET ignored")
		}
		d.Fail(err)
		d.Fail(queue.ErrID)
		if !d.Failed() || m.Status() != 0 {
			t.Errorf("not reset: status %#x", m.Status())
		}
		if <-done || line.Wait() || d.ConfigLine().Wait() || reports.Load() != 1 {
			t.Errorf("lines go on, or %d reports", reports.Load())
		}
	})
}
