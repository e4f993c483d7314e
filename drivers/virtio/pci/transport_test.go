//go:build !mirage

package pci_test

import (
	"encoding/binary"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/virtio"
	virtiopci "internal/mirage/drivers/virtio/pci"
	"internal/mirage/drivers/virtio/virtiotest"
	"testing"
)

func device() (*virtiotest.Device, *virtiotest.PCIFront) {
	d := &virtiotest.Device{ID: 4, Offered: virtio.FeatureVersion1, Max: []int{8, 8}, Config: []byte{1, 2, 3, 4}}
	return d, d.PCI(2, 3)
}

func function(t *testing.T, f *virtiotest.PCIFront) *pci.Function {
	t.Helper()
	all := virtiotest.Host(f).Scan()
	if len(all) != 1 {
		t.Fatal("not found")
	}
	return all[0]
}

// Section 4.1.2: which functions are virtio devices, and of which kind.
func TestIDs(t *testing.T) {
	for _, c := range []struct {
		vendor, device, subsystem uint16
		is                        bool
		kind                      uint32
	}{
		{0x1af4, 0x1044, 0x1100, true, 4},
		{0x1af4, 0x1005, 4, true, 4}, // transitional
		{0x1af4, 0x1000, 1, true, 1},
		{0x1af4, 0x1110, 0x1100, false, 0}, // shared memory, not virtio
		{0x1af4, 0x0fff, 1, false, 0},
		{0x8086, 0x1041, 0, false, 0},
	} {
		_, f := device()
		binary.LittleEndian.PutUint16(f.Function.Config[0:], c.vendor)
		binary.LittleEndian.PutUint16(f.Function.Config[2:], c.device)
		binary.LittleEndian.PutUint16(f.Function.Config[0x2e:], c.subsystem)
		fn := function(t, f)
		if virtiopci.Is(fn) != c.is {
			t.Errorf("%+v: %v", c, !c.is)
		}
		if !c.is {
			continue
		}
		tr, err := virtiopci.Open("", fn)
		if err != nil || tr.DeviceID() != c.kind {
			t.Errorf("%+v: kind %d, %v", c, tr.DeviceID(), err)
		}
	}
}

// Section 4.1.4: capabilities that make no sense are passed over, and a device that lacks a part is refused. Offsets in
// configuration space are those of virtiotest: common 0x40, ISR 0x50, device 0x60, notify 0x70.
func TestCapabilities(t *testing.T) {
	put32 := binary.LittleEndian.PutUint32
	for name, c := range map[string]struct {
		change func(config []byte)
		ok     bool
	}{
		"as it is":                       {func(b []byte) {}, true},
		"no device configuration":        {func(b []byte) { b[0x63] = 9 }, true},
		"common of a reserved type":      {func(b []byte) { b[0x43] = 77 }, false},
		"common in base address 6":       {func(b []byte) { b[0x44] = 6 }, false},
		"common in an empty one":         {func(b []byte) { b[0x44] = 2 }, false},
		"common beyond the end":          {func(b []byte) { put32(b[0x48:], 0x3fd0) }, false},
		"offset and length that wrap":    {func(b []byte) { put32(b[0x48:], 0xfffff000); put32(b[0x4c:], 0x2000) }, false},
		"common too short":               {func(b []byte) { put32(b[0x4c:], 0x37) }, false},
		"capability too short":           {func(b []byte) { b[0x42] = 15 }, false},
		"no ISR":                         {func(b []byte) { b[0x53] = 9 }, false},
		"ISR of no bytes":                {func(b []byte) { put32(b[0x5c:], 0) }, false},
		"notify without multiplier":      {func(b []byte) { b[0x72] = 16 }, false},
		"notify capability off the end":  {func(b []byte) { copy(b[0xf0:], b[0x70:0x80]); b[0x61] = 0xf0 }, false},
		"list that loops":                {func(b []byte) { b[0x85] = 0x40; b[0x71] = 0x40; b[0x41] = 0x70 }, false},
		"no list":                        {func(b []byte) { b[6] = 0 }, false},
		"a second common is not used":    {func(b []byte) { copy(b[0xa0:], b[0x50:0x60]); b[0xa3], b[0x51] = 1, 0xa0 }, true},
		"I/O instead of memory in a bar": {func(b []byte) { b[0x44] = 0 }, false},
	} {
		_, f := device()
		c.change(f.Function.Config[:])
		tr, err := virtiopci.Open("", function(t, f))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && name == "no device configuration" && (tr.Config().Size() != 0 || tr.Config().Load32(0) != 0) {
			t.Errorf("%s: but it has one", name)
		}
	}
}

// Section 4.1.4.4: where a queue is notified lies in the part for it.
func TestNotification(t *testing.T) {
	_, f := device()
	binary.LittleEndian.PutUint32(f.Function.Config[0x7c:], 5) // of bytes: the second queue's is at 4
	tr, err := virtiopci.Open("", function(t, f))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Notifier(0); err != nil {
		t.Error(err)
	}
	if _, err := tr.Notifier(1); err == nil {
		t.Error("a notification half outside")
	}
	_, f = device()
	binary.LittleEndian.PutUint32(f.Function.Config[0x80:], 1) // a multiplier that leaves it unaligned
	if tr, err = virtiopci.Open("", function(t, f)); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Notifier(1); err == nil {
		t.Error("a notification at an odd address")
	}
	if tr.QueueSize(2) != 0 || tr.QueueSize(1) != 8 {
		t.Error("section 4.1.4.3: num_queues")
	}
}
