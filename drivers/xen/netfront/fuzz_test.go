//go:build !mirage

package netfront

import (
	"internal/mirage/device"
	"testing"
	"time"
)

// FuzzHostileBack lets the input decide what the back end does while the driver's goroutine runs: respond with any words, and
// overwrite words of the rings. What is handed on must be a frame all the same, and the driver must end when it is told to.
func FuzzHostileBack(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 60, 0, 0, 4, 0, 0, 60, 2, 0, 1})
	f.Add([]byte{5, 13, 250, 6, 0, 1, 5, 4, 250, 5, 0, 100, 4, 3, 0, 1})
	f.Add([]byte{1, 8, 255, 0, 3, 0, 0, 0, 60, 5, 1, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		var features []string
		if len(in)%2 == 0 {
			features = append(all, "feature-split-event-channels")
		}
		c, d := open(t, features...)
		device.SetReporter(func(string, error) {})
		c.hush()
		d.Receive(func(f *device.Frame) {
			if len(f.Bytes) < minFrame || len(f.Bytes) > device.MaxMerged {
				t.Errorf("a frame of %d bytes", len(f.Bytes))
			}
			if a := d.Alloc(len(f.Bytes)); a != nil {
				if len(a.Bytes) > 2000 {
					a.Checksum, a.Start, a.Offset, a.Segment = device.ChecksumPartial, 34, 16, 1448
				}
				d.Transmit(a)
			}
		})
		next := func() (b byte) {
			if len(in) > 0 {
				b, in = in[0], in[1:]
			}
			return b
		}
		for id := uint32(0); len(in) > 0; {
			switch next() % 7 {
			case 0:
				c.respond(uint32(next()), uint32(next())*20, uint32(next()%16), int(int8(next()))*40)
			case 5: // what is right but for its form
				c.respond(id%256, 0, uint32(next()%16), int(next())*16)
				id++
			case 6:
				c.put(c.lane, extraSegments|uint32(next()%2)<<8|1448<<16, uint32(next()%4))
				id++
			case 1:
				c.rx.Mem.Store32(int(next())*4, uint32(int8(next())))
			case 2:
				c.tx.Mem.Store32(int(next())*4, uint32(int8(next())))
			case 3:
				c.mu.Lock()
				c.tx.Put(uint32(next()) | uint32(next()%3)<<16)
				c.tx.Push()
				c.mu.Unlock()
			case 4:
				c.domain.Raise(c.rxPort)
			}
		}
		d.fail(errOver)
		for started := time.Now(); d.Alloc(60) != nil; {
			if time.Since(started) > time.Minute {
				t.Fatal("frames are given out after the end")
			}
		}
	})
}
