//go:build !mirage

package blk

import (
	"internal/mirage/drivers/disk/disktest"
	"internal/mirage/drivers/virtio/virtiotest"
	"testing"
)

// FuzzHostileDisk has the device answer as the input says. Every request ends, with an error or without.
func FuzzHostileDisk(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{1, 5, 2, 200, 3, 0, 4, 9, 5, 1, 6, 7})
	f.Add([]byte{7, 1, 7, 0, 0, 0, 2, 2, 3, 255, 3, 0xff})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 64 {
			return
		}
		h := newHost(disktest.NewMedium(256, 512), allFeatures, 1)
		script = append(script[:len(script)&^1:len(script)&^1], 1, 200) // the last answer breaks the ring, so that nothing waits for ever
		turns := len(script)
		h.answer = func(q int, c virtiotest.Chain, written int) {
			what, v := script[0], script[1]
			if len(script) > 2 {
				script = script[2:]
			}
			h.misbehave(q, c, written, what%8, v)
		}
		d, err := h.mmio(t, 2)
		if err != nil {
			return
		}
		for range turns {
			b := make([]byte, 20<<10)
			d.ReadAt(b, 0)
			d.WriteAt(b, 512)
			if d.Discard(0, 4096) != nil && d.Flush() != nil {
				break
			}
		}
	})
}

// misbehave answers a request in one of the ways in which devices go wrong.
func (h *host) misbehave(q int, c virtiotest.Chain, written int, what, v byte) {
	status := c.In[len(c.In)-1].Bytes()
	switch what {
	case 0:
		h.Use(q, c, written)
	case 1:
		h.UseAll(q, virtiotest.Element{ID: uint32(v), Written: uint32(written)})
	case 2:
		h.Use(q, c, written+int(v)-128)
	case 3:
		status[0] = v
		h.Use(q, c, written)
	case 4:
		h.UseAll(q, virtiotest.Element{ID: uint32(c.Head), Written: uint32(written)}, virtiotest.Element{ID: uint32(v), Written: 1})
	case 5:
		h.Change(func(config []byte) { config[int(v)%len(config)] ^= v })
		h.Use(q, c, written)
	case 6:
		h.Use(q, c, written)
		status[0] = v
		h.Interrupt(q)
		h.Interrupt(-1)
	case 7:
		h.SetStatus(h.Status() | 64)
		h.Interrupt(-1)
		h.Use(q, c, int(v))
	}
}
