//go:build !mirage

package netfront

import (
	"bytes"
	"internal/mirage/device"
	"testing"
)

type received struct {
	device.Frame
	bytes []byte
}

// collect starts reception into a channel.
func collect(d *Device) chan received {
	ch := make(chan received, 1000)
	d.Receive(func(f *device.Frame) { ch <- received{*f, bytes.Clone(f.Bytes)} })
	return ch
}

// Frames go out and come in as they are, many times round the rings.
func TestFrames(t *testing.T) {
	c, d := open(t)
	in := collect(d)
	for i := range 2000 {
		size := 14 + i*31%1505
		f := d.Alloc(size)
		if f == nil {
			t.Fatal("the ring is full with nothing in it")
		}
		copy(f.Bytes, frame(size, byte(i)))
		if i%5 == 4 {
			d.Discard(f)
		} else {
			d.Transmit(f)
			d.Flush()
			if b, flags := c.take(); !bytes.Equal(b, frame(size, byte(i))) || flags != 0 {
				t.Fatalf("frame %d: sent % x..., flags %d", i, b[:14], flags)
			}
		}
		c.receive(frame(size, byte(i+1)), uint32(i%3)*100, 0)
		if r := <-in; !bytes.Equal(r.bytes, frame(size, byte(i+1))) || r.Checksum != device.ChecksumNone {
			t.Fatalf("frame %d: received %d bytes of %d, %v", i, len(r.bytes), size, r.Checksum)
		}
	}
	if d.Dropped() != 0 || !d.Idle() {
		t.Errorf("%d frames dropped, idle %v", d.Dropped(), d.Idle())
	}
}

// xenbus.h and netif.h: what the driver says of itself, and what it needs of the back end.
func TestConnect(t *testing.T) {
	c, d := open(t)
	if d.MAC() != [6]byte{0, 0x16, 0x3e, 1, 2, 3} || d.MTU() != 1500 || !d.LinkUp() {
		t.Errorf("%x %d %v", d.MAC(), d.MTU(), d.LinkUp())
	}
	for key, want := range map[string]string{"request-rx-copy": "1", "feature-rx-notify": "1", "feature-sg": "1", "feature-gso-tcpv4": "1",
		"feature-gso-tcpv6": "1", "feature-ipv6-csum-offload": "1", "multi-queue-num-queues": "", "state": "4"} {
		if got := c.store.Get("device/vif/0/" + key); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

// A card that cannot be used is given up, with all that was shared for it.
func TestGivenUp(t *testing.T) {
	for name, spoil := range map[string]func(c *card){
		"no copying": func(c *card) { c.store.Set(backend+"/feature-rx-copy", "0") },
		"no address": func(c *card) { c.store.Delete("device/vif/0/mac") },
		"address":    func(c *card) { c.store.Set("device/vif/0/mac", "01:16:3e:01:02:03") },
		"closed":     func(c *card) { c.store.Set(backend+"/state", "6") },
		"no store": func(c *card) {
			c.store.Fail = func(kind uint32, path string) string {
				if kind == 11 {
					return "EACCES"
				}
				return ""
			}
		},
		"no domain": func(c *card) { c.store.Set("device/vif/0/backend-id", "9") },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCard(t, "feature-rx-copy")
			ports := c.domain.Ports()
			spoil(c)
			_, err := c.connect()
			if err == nil {
				t.Fatal("opened")
			}
			if c.domain.Grants() != 0 || c.domain.Ports() != ports {
				t.Errorf("%d pages stay shared, %d ports open of %d", c.domain.Grants(), c.domain.Ports(), ports)
			}
		})
	}
}

func TestParseMAC(t *testing.T) {
	var mac [6]byte
	if !parseMAC(&mac, "00:16:3e:AB:cd:ef") || mac != [6]byte{0, 0x16, 0x3e, 0xab, 0xcd, 0xef} {
		t.Errorf("%x", mac)
	}
	for _, s := range []string{"", "00:16:3e:01:02", "00:16:3e:01:02:0g", "00-16-3e-01-02-03", "01:00:00:00:00:00", "00:16:3e:01:02:03 "} {
		if parseMAC(&mac, s) {
			t.Errorf("%q is an address", s)
		}
	}
}

// netif.h, "csum_blank": checksums of TCP and UDP are left to a back end that finds them, others are made here.
func TestTransmitChecksums(t *testing.T) {
	ethernet := func(b []byte, kind uint16, at int, protocol byte) {
		b[12], b[13], b[at] = byte(kind>>8), byte(kind), protocol
	}
	for _, k := range []struct {
		name     string
		features []string
		kind     uint16
		at       int
		protocol byte
		start    int
		blank    bool
	}{
		{"UDP over IPv4", nil, 0x0800, 23, 17, 34, true},
		{"TCP over IPv4", nil, 0x0800, 23, 6, 34, true},
		{"ICMP over IPv4", nil, 0x0800, 23, 1, 34, false},
		{"UDP over IPv6", nil, 0x86dd, 20, 17, 54, false},
		{"UDP over IPv6, offered", []string{"feature-ipv6-csum-offload"}, 0x86dd, 20, 17, 54, true},
		{"ICMP over IPv6, offered", []string{"feature-ipv6-csum-offload"}, 0x86dd, 20, 58, 54, false},
		{"another protocol", nil, 0x88b5, 23, 17, 34, false},
	} {
		t.Run(k.name, func(t *testing.T) {
			c, d := open(t, k.features...)
			f := d.Alloc(101)
			copy(f.Bytes, frame(101, 3))
			ethernet(f.Bytes, k.kind, k.at, k.protocol)
			f.Checksum, f.Start, f.Offset = device.ChecksumPartial, uint16(k.start), 6
			before := bytes.Clone(f.Bytes)
			d.Transmit(f)
			d.Flush()
			b, flags := c.take()
			if k.blank {
				if flags != txBlank|txValidated || !bytes.Equal(b, before) {
					t.Errorf("flags %d, changed %v", flags, !bytes.Equal(b, before))
				}
				return
			}
			// RFC 1071: the sum of what was there and of the complement in its place.
			if sum := sum1071(before[k.start:]); flags != 0 || uint16(b[k.start+6])<<8|uint16(b[k.start+7]) != ^sum {
				t.Errorf("flags %d, checksum %x %x, want %x", flags, b[k.start+6], b[k.start+7], ^sum)
			}
		})
	}
}

func sum1071(b []byte) uint16 {
	sum := 0
	for len(b) > 0 {
		sum += int(b[0]) << 8
		if len(b) > 1 {
			sum += int(b[1])
			b = b[1:]
		}
		b = b[1:]
	}
	return uint16(sum%0x10000 + sum/0x10000)
}

// RFC 768: a checksum of 0 means none, so that it is sent as all ones.
func TestChecksumIsNotZero(t *testing.T) {
	f := &device.Frame{Bytes: []byte{0xff, 0xff, 0, 0}, Checksum: device.ChecksumPartial, Offset: 2}
	if finish(f); f.Bytes[2] != 0xff || f.Bytes[3] != 0xff || f.Checksum != device.ChecksumNone {
		t.Errorf("%x", f.Bytes)
	}
}

func TestReceiveChecksums(t *testing.T) {
	c, d := open(t)
	in := collect(d)
	for flags, want := range map[uint32]device.Checksum{0: device.ChecksumNone, rxValidated: device.ChecksumValid, rxValidated | rxBlank: device.ChecksumValid} {
		c.receive(frame(60, 1), 0, flags)
		if r := <-in; r.Checksum != want {
			t.Errorf("flags %d: %v", flags, r.Checksum)
		}
	}
}

// What the back end reports as failed costs itself alone.
func TestDropped(t *testing.T) {
	c, d := open(t)
	in := collect(d)
	for _, status := range []int{-1, -2, 0, 13} {
		id, _ := c.buffer()
		c.respond(id, 0, 0, status)
	}
	c.receive(frame(14, 9), 0, 0)
	if r := <-in; !bytes.Equal(r.bytes, frame(14, 9)) || d.Dropped() != 4 {
		t.Errorf("got %x, %d dropped", r.bytes, d.Dropped())
	}
	// A frame that could not be sent is gone.
	c.mu.Lock()
	c.status = 0xffff
	c.mu.Unlock()
	d.Transmit(d.Alloc(60))
	d.Flush()
	c.take()
	if !d.Idle() || !d.LinkUp() {
		t.Error("a frame that could not be sent ends the card")
	}
}

// What a back end must not do ends the card, and it is reported once.
func TestHostileBack(t *testing.T) {
	for name, do := range map[string]func(c *card, d *Device){
		"name":   func(c *card, d *Device) { c.buffer(); c.respond(256, 0, 0, 60) },
		"length": func(c *card, d *Device) { id, _ := c.buffer(); c.respond(id, 0, 0, 4097) },
		"offset": func(c *card, d *Device) { id, _ := c.buffer(); c.respond(id, 4090, 0, 60) },
		"order":  func(c *card, d *Device) { c.buffer(); id, _ := c.buffer(); c.respond(id, 0, 0, 60) },
		"extra": func(c *card, d *Device) { // XEN_NETIF_EXTRA_TYPE_HASH, which was not asked for
			id, _ := c.buffer()
			c.respond(id, 0, rxExtra, 60)
			c.inform(4, 1)
		},
		"segments": func(c *card, d *Device) {
			id, _ := c.buffer()
			c.respond(id, 0, rxExtra, 60)
			c.inform(extraSegments|1448<<16, 3)
		},
		"receive index":  func(c *card, d *Device) { c.rx.Mem.Store32(8, 1000); c.domain.Raise(c.rxPort) },
		"transmit index": func(c *card, d *Device) { c.hush(); c.tx.Mem.Store32(8, 1); full(d) },
		"transmit name": func(c *card, d *Device) {
			c.hush()
			d.Transmit(d.Alloc(60))
			d.Flush()
			c.mu.Lock()
			c.tx.Put(77)
			c.tx.Push()
			c.mu.Unlock()
			full(d)
		},
		"closes": func(c *card, d *Device) {
			c.store.Set(backend+"/online", "0") // for good
			c.store.Set(backend+"/state", "5")
		},
		"is gone":      func(c *card, d *Device) { c.store.Delete(backend + "/state") },
		"the store is": func(c *card, d *Device) { c.store.Page().Store32(2060, 5000); c.store.Raise() },
	} {
		t.Run(name, func(t *testing.T) {
			c, d := open(t)
			d.Receive(func(f *device.Frame) { t.Errorf("handed on %x", f.Bytes) })
			reports := make(chan string, 10)
			device.SetReporter(func(name string, err error) { reports <- name })
			do(c, d)
			for name := range reports {
				if name == "netfront device/vif/0" {
					break
				}
			}
			for d.LinkUp() {
			}
			if d.Alloc(60) != nil || !d.Idle() {
				t.Error("goes on")
			}
			if len(reports) > 0 {
				t.Errorf("reported again: %v", <-reports)
			}
		})
	}
}

// full asks for frames until there are none.
func full(d *Device) {
	for d.Alloc(60) != nil {
	}
}

// A full ring says so, nothing is lost, and what was sent is taken back without an event.
func TestFullTransmitRing(t *testing.T) {
	c, d := open(t)
	for range 3 {
		n := 0
		for f := d.Alloc(60); f != nil; f = d.Alloc(60) {
			n++
			d.Transmit(f)
		}
		if n < 200 {
			t.Fatalf("full at %d frames", n)
		}
		d.Flush()
		for range n {
			c.take()
		}
	}
}

// device.NIC: what is sent while the receive function runs is flushed once, when the batch is done.
func TestOneEventForABatch(t *testing.T) {
	c, d := open(t)
	started, goOn := make(chan struct{}), make(chan struct{})
	d.Receive(func(f *device.Frame) {
		started <- struct{}{}
		<-goOn
		d.Transmit(d.Alloc(len(f.Bytes)))
		d.Flush()
	})
	c.receive(frame(60, 0), 0, 0)
	<-started
	before := c.heard()
	for i := range 9 {
		c.receive(frame(60, byte(i)), 0, 0)
	}
	for range 9 {
		goOn <- struct{}{}
		<-started
	}
	if len(c.got) != 0 {
		t.Error("sent before the batch was done")
	}
	goOn <- struct{}{}
	for range 10 {
		c.take()
	}
	if n := c.heard() - before; n != 1 {
		t.Errorf("%d events for 10 answers", n)
	}
}
