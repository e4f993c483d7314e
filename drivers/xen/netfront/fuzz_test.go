//go:build !mirage

package netfront

import (
	"errors"
	"internal/mirage/device"
	"testing"
	"time"
)

// FuzzHostileBack lets the input decide what the back end does while the driver's goroutine runs: respond with any words, and
// overwrite words of the rings. What is handed on must be a frame all the same, and the driver must end when it is told to.
func FuzzHostileBack(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 60, 0, 0, 4, 0, 0, 60, 2, 0, 1})
	f.Add([]byte{1, 8, 255, 0, 3, 0, 0, 0, 60, 5, 1, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		c, d := open(t)
		device.SetReporter(func(string, error) {})
		c.hush()
		d.Receive(func(f *device.Frame) {
			if len(f.Bytes) < minFrame || len(f.Bytes) > 4096 {
				t.Errorf("a frame of %d bytes", len(f.Bytes))
			}
			if a := d.Alloc(min(len(f.Bytes), 1514)); a != nil {
				d.Transmit(a)
			}
		})
		next := func() (b byte) {
			if len(in) > 0 {
				b, in = in[0], in[1:]
			}
			return b
		}
		for len(in) > 0 {
			switch next() % 5 {
			case 0:
				c.respond(uint32(next()), uint32(next())*20, uint32(next()%16), int(int8(next()))*40)
			case 1:
				c.rx.Mem.Store32(int(next())*4, uint32(int8(next())))
			case 2:
				c.tx.Mem.Store32(int(next())*4, uint32(int8(next())))
			case 3:
				c.mu.Lock()
				c.tx.Put(uint32(next()))
				c.tx.Push()
				c.mu.Unlock()
			case 4:
				c.domain.Raise(c.port)
			}
		}
		d.fail(errors.New("test over"))
		for started := time.Now(); d.Alloc(60) != nil; {
			if time.Since(started) > time.Minute {
				t.Fatal("frames are given out after the end")
			}
		}
	})
}
