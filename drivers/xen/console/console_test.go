//go:build !mirage

package console

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/xentest"
	"strings"
	"sync"
	"testing"
)

// A daemon is the toolstack's end of a console.
type daemon struct {
	domain *xentest.Domain
	page   *dma.Memory
	port   uint32

	mu     sync.Mutex
	paused bool
	got    []byte
}

func open(t testing.TB) (*daemon, *Device) {
	t.Helper()
	c := &daemon{domain: xentest.New()}
	c.page, c.port = c.domain.Connect(xen.ConsoleFrame, xen.ConsolePort, c.take)
	d, err := Open(c.domain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.channel.Line.Close() })
	return c, d
}

// take takes a part of what was written.
func (c *daemon) take() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused {
		return
	}
	taken, put := c.page.Load32(3080), c.page.Load32(3084)
	for n := 0; taken != put && n < 700; n++ {
		c.got = append(c.got, c.page.Bytes()[1024+taken%2048])
		taken++
	}
	c.page.Store32(3080, taken)
	c.domain.Raise(c.port)
	if taken != put {
		go c.take()
	}
}

func (c *daemon) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.got)
}

// enter types text.
func (c *daemon) enter(text string) {
	put := c.page.Load32(3076)
	for _, b := range []byte(text) {
		for put-c.page.Load32(3072) == 1024 {
		}
		c.page.Bytes()[put%1024] = b
		put++
		c.page.Store32(3076, put)
		c.domain.Raise(c.port)
	}
}

func TestNone(t *testing.T) {
	if _, err := Open(xentest.New()); err != xen.ErrNone {
		t.Error(err)
	}
}

// Many times what the ring holds is written, by several at once, and each Write is whole.
func TestWrite(t *testing.T) {
	c, d := open(t)
	var all sync.WaitGroup
	for _, letter := range "abcd" {
		all.Go(func() {
			line := strings.Repeat(string(letter), 3000) + "\n"
			for range 10 {
				if n, err := d.Write([]byte(line)); n != len(line) || err != nil {
					t.Error(n, err)
				}
			}
		})
	}
	all.Wait()
	lines := strings.Split(strings.TrimSuffix(c.text(), "\n"), "\n")
	if len(lines) != 40 {
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		if l != strings.Repeat(l[:1], 3000) {
			t.Errorf("a line of %d bytes: %.20s...", len(l), l)
		}
	}
}

// A Write returns when all was taken, and not before.
func TestWriteWaits(t *testing.T) {
	c, d := open(t)
	c.paused = true
	done := make(chan bool)
	go func() {
		d.Write([]byte("hello"))
		close(done)
	}()
	for c.page.Load32(3084) != 5 {
	}
	c.domain.Raise(c.port)
	select {
	case <-done:
		t.Error("returned with bytes in the ring")
	default:
	}
	c.mu.Lock()
	c.paused = false
	c.mu.Unlock()
	c.take()
	<-done
}

func TestRead(t *testing.T) {
	c, d := open(t)
	want := strings.Repeat("0123456789\n", 1000)
	go c.enter(want)
	var got bytes.Buffer
	for got.Len() < len(want) {
		var b [100]byte
		n, err := d.Read(b[:])
		if n == 0 || err != nil {
			t.Fatal(n, err)
		}
		got.Write(b[:n])
	}
	if got.String() != want {
		t.Error("other bytes than were typed")
	}
	if n, err := d.Read(nil); n != 0 || err != nil {
		t.Error(n, err)
	}
}

// Impossible counts end the console: who waits is told, it is reported once, and nothing loops.
func TestHostileDaemon(t *testing.T) {
	for name, at := range map[string]int{"input": 3076, "output": 3080} {
		t.Run(name, func(t *testing.T) {
			c, d := open(t)
			reports := make(chan error, 10)
			device.SetReporter(func(_ string, err error) { reports <- err })
			failed := make(chan error)
			go func() {
				_, err := d.Read(make([]byte, 10))
				failed <- err
			}()
			c.mu.Lock()
			c.paused = true
			c.page.Store32(at, 1<<30)
			c.mu.Unlock()
			c.domain.Raise(c.port)
			if at == 3080 {
				if _, err := d.Write([]byte("x")); err == nil {
					t.Error("written")
				}
			}
			if err := <-failed; err == nil {
				t.Error("read")
			}
			if _, err := d.Write([]byte("x")); err == nil {
				t.Error("goes on")
			}
			if len(reports) != 1 {
				t.Errorf("%d reports", len(reports))
			}
		})
	}
}
