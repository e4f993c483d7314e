//go:build !mirage

package netfront

import (
	"bytes"
	"internal/mirage/device"
	"runtime"
	"testing"
	"time"
)

// eventually waits until f.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("it never came about that %s", what)
		}
	}
}

// enum xenbus_state: a back end closes, or is restarted, and comes back: the card is the same, and frames go on.
func TestBackEndThatComesBack(t *testing.T) {
	for _, state := range []string{"5", "6", "2"} {
		t.Run("state "+state, func(t *testing.T) {
			c, d := open(t)
			c.store.Set(backend+"/online", "1")
			got := collect(d)
			for turn := range 5 {
				frame := bytes.Repeat([]byte{byte(turn + 1)}, 60)
				f := d.Alloc(60)
				copy(f.Bytes, frame)
				d.Transmit(f)
				d.Flush()
				if sent, _ := c.take(); !bytes.Equal(sent, frame) {
					t.Fatalf("turn %d: % x was sent", turn, sent)
				}
				id, page := c.buffer()
				copy(page, frame)
				c.respond(id, 0, 0, 60)
				if r := <-got; !bytes.Equal(r.bytes, frame) {
					t.Fatalf("turn %d: % x was received", turn, r.bytes)
				}
				held := d.Alloc(60) // the stack has a frame meanwhile
				c.store.Set("device/vif/0/state", "0")
				c.store.Set(backend+"/state", state)
				eventually(t, "the link is down", func() bool { return !d.LinkUp() })
				if d.Alloc(60) != nil {
					t.Fatal("frames are given without a back end")
				}
				d.Transmit(held)
				if state != "2" {
					eventually(t, "the driver begins anew", func() bool { return c.store.Get("device/vif/0/state") == "1" })
					c.store.Set(backend+"/state", "2")
				}
				eventually(t, "the driver is connected", func() bool { return c.store.Get("device/vif/0/state") == "4" })
				c.attach()
				c.store.Set(backend+"/state", "4")
				eventually(t, "the link is up", d.LinkUp)
			}
		})
	}
}

// A back end that broke a ring writes to it still when the driver has given it up: that is nobody's memory any more.
func TestAnswersAfterTheEnd(t *testing.T) {
	c, d := open(t)
	device.SetReporter(func(string, error) {})
	d.Receive(func(*device.Frame) {})
	c.respond(256, 0, 0, 60)
	eventually(t, "all is given back", func() bool { return c.domain.Grants() == 0 })
	c.respond(2, 0, 0, 60)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tx.Put(3)
	c.tx.Push()
}

// A card that is taken away leaves nothing: a thousand come and go.
func TestAttachAndDetach(t *testing.T) {
	cycles := 1000
	if testing.Short() {
		cycles = 50
	}
	c := newCard(t, "feature-rx-copy")
	device.SetReporter(func(string, error) {})
	ports := c.domain.Ports()
	for i := range cycles {
		d, err := c.connect()
		if err != nil {
			t.Fatalf("card %d: %v", i, err)
		}
		if i%3 > 0 {
			d.Receive(func(*device.Frame) {})
		}
		held := d.Alloc(60)
		if i%2 == 0 {
			c.store.Set(backend+"/online", "0")
			c.store.Set(backend+"/state", "5")
		} else {
			c.store.Delete(backend + "/state")
		}
		eventually(t, "the link is down", func() bool { return !d.LinkUp() })
		d.Discard(held)
		eventually(t, "all is given back", func() bool { return c.domain.Grants() == 0 && c.domain.Ports() == ports })
		eventually(t, "the driver has ended", func() bool { return c.store.Watches() == 0 })
		if s := c.store.Get("device/vif/0/state"); s != "6" {
			t.Fatalf("card %d: the back end is told %s", i, s)
		}
		c.store.Set("device/vif/0/state", "1")
		c.store.Set(backend+"/online", "1")
		c.store.Set(backend+"/state", "2")
	}
}

// A domain that is restored has its cards with new back ends, and nothing of what it had shared: frames go on.
func TestRestored(t *testing.T) {
	c, d := open(t)
	got := collect(d)
	for turn := range 3 {
		held := d.Alloc(60) // the stack has a frame meanwhile
		c.client.Suspended(func() bool {
			c.domain.Restore()
			c.store.Restore()
			c.store.Set("device/vif/0/state", "1")
			c.store.Set(backend+"/state", "2")
			return true
		})
		eventually(t, "the link is down", func() bool { return !d.LinkUp() })
		d.Transmit(held)
		eventually(t, "the driver is connected", func() bool { return c.store.Get("device/vif/0/state") == "4" })
		c.attach()
		c.store.Set(backend+"/state", "4")
		eventually(t, "the link is up", d.LinkUp)
		frame := bytes.Repeat([]byte{byte(turn + 1)}, 60)
		f := d.Alloc(60)
		copy(f.Bytes, frame)
		d.Transmit(f)
		d.Flush()
		if sent, _ := c.take(); !bytes.Equal(sent, frame) {
			t.Fatalf("turn %d: % x was sent", turn, sent)
		}
		id, page := c.buffer()
		copy(page, frame)
		c.respond(id, 0, 0, 60)
		if r := <-got; !bytes.Equal(r.bytes, frame) {
			t.Fatalf("turn %d: % x was received", turn, r.bytes)
		}
	}
}
