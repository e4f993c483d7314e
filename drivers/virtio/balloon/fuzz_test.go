//go:build !mirage

package balloon

import (
	"encoding/binary"
	"errors"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"testing"
)

// FuzzHostileHost lets the input decide what the host does: any target, any use of any buffer, words of the rings
// overwritten. The model of memory notices a page that is freed twice or was never taken; the driver must end when told.
func FuzzHostileHost(f *testing.F) {
	f.Add([]byte{0, 2, 0, 3, 0, 3, 1, 0, 0, 1, 3, 1})
	f.Add([]byte{0, 1, 1, 2, 0, 9, 1, 4, 0, 5, 0, 4})
	f.Add([]byte{0, 255, 255, 1, 0, 3, 0, 1, 0, 1, 3, 3, 1, 3, 4, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		m := newMemory(t, 20, 1000)
		v := &virtiotest.Device{ID: virtio.IDBalloon, Offered: modern | features, Config: make([]byte, 16), Max: []int{8, 8, 8, 0, 8}}
		n := 8000 + inputs.Add(1)
		tr, err := virtiommio.Open("balloon", v.MMIO(2, n), irq.Input{Number: n})
		if err != nil {
			t.Fatal(err)
		}
		d, err := Open(tr, m)
		if err != nil {
			t.Fatal(err)
		}
		device.SetReporter(func(string, error) {})
		h := hostile{v, m, in}
		for len(h.in) > 0 {
			h.step()
		}
		d.fail(errors.New("test over"))
	})
}

// A hostile host does what its input says.
type hostile struct {
	*virtiotest.Device
	m  *memory
	in []byte
}

func (h *hostile) next() (b byte) {
	if len(h.in) > 0 {
		b, h.in = h.in[0], h.in[1:]
	}
	return b
}

func (h *hostile) step() {
	// The model stops at rings that it has spoilt itself.
	defer func() { recover() }()
	op, q := h.next()%6, int(h.next()%5)
	if q == 3 {
		q = 4
	}
	switch op {
	case 0:
		target := uint32(h.next()) << (h.next() % 32)
		h.Change(func(config []byte) { binary.LittleEndian.PutUint32(config, target) })
	case 1:
		if c, ok := h.Ring(q).Pop(); ok {
			h.Use(q, c, 0)
		}
	case 2:
		h.UseAll(q, virtiotest.Element{ID: uint32(h.next() % 9), Written: uint32(h.next())})
	case 3:
		h.m.line.Raise()
		h.m.reclaim(1)
	case 4:
		h.Interrupt(q)
	case 5:
		mem, used := dma.At(h.Ring(q).Used, 8)
		mem.Store16(used+int(h.next()%40)*2, uint16(h.next()))
	}
}
