//go:build !mirage

package console

import (
	"internal/mirage/device"
	"testing"
)

// FuzzHostileDaemon lets the input decide which words of the page the daemon writes while the program reads and writes. It
// must not crash, and whoever waits must be told when the console has failed.
func FuzzHostileDaemon(f *testing.F) {
	f.Add([]byte{1, 5, 2, 10, 0, 200})
	f.Add([]byte{0, 255, 3, 255})
	f.Fuzz(func(t *testing.T, in []byte) {
		c, d := open(t)
		device.SetReporter(func(string, error) {})
		done := make(chan bool, 2)
		go func() {
			for err := error(nil); err == nil; {
				_, err = d.Read(make([]byte, 100))
			}
			done <- true
		}()
		go func() {
			for err := error(nil); err == nil; {
				_, err = d.Write(make([]byte, 300))
			}
			done <- true
		}()
		for len(in) >= 2 {
			c.mu.Lock()
			c.page.Store32(3072+int(in[0]%4)*4, uint32(int8(in[1]))*16)
			c.mu.Unlock()
			c.domain.Raise(c.port)
			in = in[2:]
		}
		d.channel.Line.Close()
		c.page.Store32(3076, 1<<30) // the reader may find input for ever
		c.page.Store32(3080, 1<<30)
		<-done
		<-done
	})
}
