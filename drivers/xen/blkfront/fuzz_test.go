//go:build !mirage

package blkfront

import (
	"internal/mirage/device"
	"internal/mirage/drivers/disk/disktest"
	"testing"
)

// FuzzHostileBackEnd has the back end answer, and write over the ring's page, as the input says. Every request ends.
func FuzzHostileBackEnd(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 7, 0})
	f.Add([]byte{2, 3, 9, 3, 200, 1, 1, 8, 255})
	f.Add([]byte{3, 0, 48})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 60 {
			return
		}
		device.SetReporter(func(string, error) {})
		b := newBack(t, disktest.NewMedium(256, 512), "feature-max-indirect-segments", "32", "feature-flush-cache", "1")
		d, err := b.open()
		if err != nil {
			t.Fatal(err)
		}
		b.mu.Lock()
		b.answer = func(q int, id uint64, op, status uint32) {
			if len(script) < 3 {
				b.put(q, 1<<40, op, status) // nothing waits for ever
				return
			}
			what, v, w := script[0], uint32(script[1]), uint32(int8(script[2]))
			script = script[3:]
			switch what % 5 {
			case 0:
				b.put(q, id, op, status)
			case 1:
				b.put(q, uint64(v), op, w)
			case 2:
				b.put(q, id, v, w)
			case 3:
				b.put(q, id, op, status)
				// The indices before the entries are left: one that is wrong and the back end itself waits for ever.
				b.rings[q].Mem.Store32(64+int(v)*4, w)
				b.spoilt = true
			case 4:
				b.put(q, id, op, status)
				b.put(q, id, op, status)
			}
		}
		b.mu.Unlock()
		for range 64 {
			buffer := make([]byte, 60<<10)
			if d.ReadAt(buffer, 0) == device.ErrGone || d.WriteAt(buffer, 512) == device.ErrGone || d.Flush() == device.ErrGone {
				return
			}
		}
		d.Fail(errGone)
	})
}
