//go:build !mirage

package net

import (
	"bytes"
	"encoding/binary"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
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

// cards are the forms of cards that there are.
var cards = []struct {
	name, transport string
	offered         uint64
}{
	{"modern pci, all", "pci", modern | features},
	{"modern mmio, none", "mmio", virtio.FeatureVersion1},
	{"modern mmio, merged", "mmio", virtio.FeatureVersion1 | featureMergeable},
	{"legacy, all", "legacy", ring | virtio.FeatureAnyLayout | features},
	{"legacy, none", "legacy", 0},
	{"legacy, merged without any layout", "legacy", featureMergeable | virtio.FeatureEventIndex},
	{"legacy, any layout", "legacy", virtio.FeatureAnyLayout},
}

var config = []byte{2, 1, 2, 3, 4, 5, 1, 0, 1, 0, 0xdc, 5}

// Frames go out and come in as they are on every form of card, many times round the rings.
func TestFrames(t *testing.T) {
	for _, k := range cards {
		t.Run(k.name, func(t *testing.T) {
			c, d := open(t, k.transport, k.offered, config)
			in := collect(d)
			for i := range 2000 {
				size := 14 + i*31%1505
				f := d.Alloc(size)
				if f == nil {
					t.Fatal("the queue is full with nothing in it")
				}
				copy(f.Bytes, frame(size, byte(i)))
				if i%5 == 4 {
					d.Discard(f)
				} else {
					d.Transmit(f)
					d.Flush()
					b := c.take()
					if !bytes.Equal(b[:c.header], make([]byte, c.header)) || !bytes.Equal(b[c.header:], frame(size, byte(i))) {
						t.Fatalf("frame %d: sent % x...", i, b[:c.header+14])
					}
				}
				c.receive(c.plain(), frame(size, byte(i+1)), 4096)
				if r := <-in; !bytes.Equal(r.bytes, frame(size, byte(i+1))) || r.Checksum != device.ChecksumNone {
					t.Fatalf("frame %d: received %d bytes of %d, %v", i, len(r.bytes), size, r.Checksum)
				}
			}
			if d.Dropped() != 0 {
				t.Errorf("%d frames dropped", d.Dropped())
			}
		})
	}
}

// Section 5.1.4: address, MTU and link from the configuration; a change of the link is told by an interrupt.
func TestConfiguration(t *testing.T) {
	c, d := open(t, "pci", modern|features, []byte{2, 1, 2, 3, 4, 5, 0, 0, 1, 0, 0x28, 0x23})
	if d.MAC() != [6]byte{2, 1, 2, 3, 4, 5} || d.MTU() != 9000 || d.LinkUp() || d.Offloads() != device.TxChecksum|device.RxChecksum|device.TxSegments4|device.TxSegments6 {
		t.Errorf("%x %d %v %v", d.MAC(), d.MTU(), d.LinkUp(), d.Offloads())
	}
	c.Change(func(b []byte) { b[6] = 1 })
	for !d.LinkUp() {
	}
	c.Change(func(b []byte) { b[6] = 2 })
	for d.LinkUp() {
	}
	_, d = open(t, "mmio", modern, nil)
	if d.MAC() != [6]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff} || d.MTU() != 1500 || !d.LinkUp() || d.Offloads() != 0 {
		t.Errorf("a card without features: %x %d %v %v", d.MAC(), d.MTU(), d.LinkUp(), d.Offloads())
	}
}

func TestSmallMTURefused(t *testing.T) {
	m := &virtiotest.Device{ID: 1, Offered: modern | features, Config: []byte{2, 1, 2, 3, 4, 5, 1, 0, 1, 0, 67, 0}, Max: []int{256, 256}}
	tr, _ := virtiommio.Open("net", m.MMIO(2, 1999), irq.Input{Number: 1999})
	if _, err := Open(tr, nil); err != errMTU || m.Status()&virtio.StatusFailed == 0 {
		t.Errorf("MTU 67: %v, status %#x", err, m.Status())
	}
}

// Sections 5.1.6.2 and 5.1.6.4: checksums that the card finishes, has checked, or leaves unfinished.
func TestChecksums(t *testing.T) {
	c, d := open(t, "pci", modern|features, config)
	f := d.Alloc(100)
	f.Checksum, f.Start, f.Offset = device.ChecksumPartial, 34, 6
	d.Transmit(f)
	d.Flush()
	if b := c.take(); !bytes.Equal(b[:12], []byte{1, 0, 0, 0, 0, 0, 34, 0, 6, 0, 0, 0}) {
		t.Errorf("header % x", b[:12])
	}
	if f := d.Alloc(100); f.Checksum != device.ChecksumNone || f.Start != 0 || f.Offset != 0 {
		t.Errorf("a frame used again keeps its checksum: %+v", f)
	}
	in := collect(d)
	give := func(flags byte, start, offset uint16) {
		h := c.plain()
		h[0] = flags
		binary.LittleEndian.PutUint16(h[6:], start)
		binary.LittleEndian.PutUint16(h[8:], offset)
		c.receive(h, frame(60, 1), 4096)
	}
	give(flagDataValid, 0, 0)
	if r := <-in; r.Checksum != device.ChecksumValid {
		t.Errorf("%v", r.Checksum)
	}
	give(flagNeedsChecksum, 34, 24)
	if r := <-in; r.Checksum != device.ChecksumPartial || r.Start != 34 || r.Offset != 24 {
		t.Errorf("%+v", r.Frame)
	}
	give(flagNeedsChecksum, 34, 25)      // one byte outside
	give(flagNeedsChecksum, 65535, 1)    // the sum wraps in 16 bits
	give(flagNeedsChecksum, 0xfff0, 0xf) // likewise
	give(0, 0, 0)
	if r := <-in; r.Checksum != device.ChecksumNone || d.Dropped() != 3 {
		t.Errorf("%+v, %d dropped", r.Frame, d.Dropped())
	}
	c, d = open(t, "mmio", modern, nil)
	in = collect(d)
	give(flagDataValid, 0, 0)
	if r := <-in; r.Checksum != device.ChecksumNone {
		t.Error("a card that was not allowed to check is believed")
	}
}

// Section 5.1.6.4: a frame in several buffers is put together; one that is too large is dropped whole.
func TestMergedBuffers(t *testing.T) {
	big := append([]byte{}, config...)
	binary.LittleEndian.PutUint16(big[10:], 9000)
	for _, transport := range []string{"pci", "legacy"} {
		c, d := open(t, transport, modern|features|virtio.FeatureAnyLayout, big)
		in := collect(d)
		h := make([]byte, 12)
		h[10] = 0xee // to be counted
		for i := range 500 {
			size := 3000 + i*12
			c.receive(h, frame(size, byte(i)), 2048)
			if r := <-in; !bytes.Equal(r.bytes, frame(size, byte(i))) {
				t.Fatalf("frame of %d bytes: got %d", size, len(r.bytes))
			}
			if i == 250 {
				c.receive(h, frame(9019, 0), 2048) // one more than a frame with a VLAN tag
			}
		}
		if d.Dropped() != 1 {
			t.Errorf("%d dropped", d.Dropped())
		}
	}
}

// Section 5.1.6.2: a frame for the card to cut says how, and where its headers end.
func TestCuttingSegments(t *testing.T) {
	c, d := open(t, "pci", modern|features, config)
	for _, k := range []struct {
		etherType uint16
		start     uint16
		typ       byte
	}{{0x0800, 34, 1}, {0x86dd, 54, 4}} {
		f := d.Alloc(device.MaxSegmented)
		copy(f.Bytes, frame(len(f.Bytes), 1))
		binary.BigEndian.PutUint16(f.Bytes[12:], k.etherType)
		f.Bytes[k.start+12] = 8 << 4 // 32 octets of TCP header
		f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumPartial, k.start, 16, 1448
		want := bytes.Clone(f.Bytes)
		d.Transmit(f)
		d.Flush()
		b := c.take()
		if !bytes.Equal(b[:12], []byte{1, k.typ, byte(k.start) + 32, 0, 1448 & 0xff, 1448 >> 8, byte(k.start), 0, 16, 0, 0, 0}) {
			t.Errorf("header % x", b[:12])
		}
		if !bytes.Equal(b[12:], want) {
			t.Error("the frame is not what was sent")
		}
	}
	var held []*device.Frame
	for f := d.Alloc(3000); f != nil; f = d.Alloc(3000) {
		if f.Segment != 0 {
			t.Fatal("a frame used again keeps its segments")
		}
		held = append(held, f)
	}
	if len(held) != longFrames || d.Alloc(1514) == nil || d.Alloc(device.MaxSegmented+1) != nil {
		t.Errorf("%d long frames, or none of the usual length", len(held))
	}
	for _, f := range held {
		d.Discard(f)
	}
	if d.Alloc(3000) == nil {
		t.Error("long frames are lost when they are discarded")
	}
	if _, d := open(t, "pci", modern|features&^featureHostTSO6, config); d.Offloads()&(device.TxSegments4|device.TxSegments6) != device.TxSegments4 {
		t.Errorf("offloads %b of a card that cuts IPv4 alone", d.Offloads())
	}
}

// Section 5.1.6.4: what the host has put together comes in as many buffers as it takes, where buffers are merged.
func TestReceivingSegments(t *testing.T) {
	c, d := open(t, "pci", modern|features, config)
	in := collect(d)
	h := make([]byte, 12)
	h[headerFlags], h[headerBuffers] = flagNeedsChecksum, 0xee
	h[headerStart], h[headerOffset] = 34, 16
	for _, typ := range []byte{typeTCP4, typeTCP6} {
		h[headerType] = typ
		c.receive(h, frame(device.MaxMerged, typ), 2048)
		if r := <-in; !bytes.Equal(r.bytes, frame(device.MaxMerged, typ)) || r.Checksum != device.ChecksumPartial {
			t.Errorf("type %d: %d bytes", typ, len(r.bytes))
		}
	}
	h[headerType] = typeNone
	c.receive(h, frame(1519, 1), 2048) // longer than the MTU, and nothing that was put together
	h[headerType] = typeTCP4
	c.receive(h, frame(device.MaxMerged+1, 1), 2048)
	c.receive(h, frame(60, 1), 2048)
	if r := <-in; len(r.bytes) != 60 || d.Dropped() != 2 {
		t.Errorf("%d bytes, %d dropped", len(r.bytes), d.Dropped())
	}
	_, d = open(t, "pci", modern|features&^featureMergeable, config)
	if d.dev.Has(featureGuestTSO4) || d.dev.Has(featureGuestTSO6) {
		t.Error("accepted without merged buffers")
	}
}

// What a card must not say of a frame: it is dropped and counted, and the next one is received.
func TestBadFramesAreDropped(t *testing.T) {
	c, d := open(t, "pci", modern|features, config)
	in := collect(d)
	c.receive(c.plain()[:11], nil, 4096) // not even a header
	c.receive(c.plain(), nil, 4096)
	c.receive(c.plain(), frame(13, 1), 4096)
	for _, typ := range []byte{2, 3, 5, typeTCP4 | 0x80} { // of UDP, and with ECN, that we did not accept
		segmented := c.plain()
		segmented[headerType] = typ
		c.receive(segmented, frame(60, 1), 4096)
	}
	c.receive(c.plain(), frame(14, 9), 4096)
	if r := <-in; !bytes.Equal(r.bytes, frame(14, 9)) || d.Dropped() != 7 {
		t.Errorf("got %x, %d dropped", r.bytes, d.Dropped())
	}
}

// What a card must not do to a ring ends it, and it is reported once.
func TestHostileCard(t *testing.T) {
	for name, do := range map[string]func(c *card, d *Device){
		"id":               func(c *card, d *Device) { c.Ring(receiveQueue).PushAll(virtiotest.Element{ID: 300, Written: 60}) },
		"length":           func(c *card, d *Device) { c.Ring(receiveQueue).PushAll(virtiotest.Element{ID: 0, Written: 5000}) },
		"no buffers":       func(c *card, d *Device) { c.receive(make([]byte, 12), frame(60, 1), 4096) },
		"missing buffers":  func(c *card, d *Device) { c.receive([]byte{10: 2, 11: 0}, frame(60, 1), 4096) },
		"too many buffers": func(c *card, d *Device) { c.receive([]byte{10: 0xff, 11: 0xff}, frame(60, 1), 4096) },
		"needs reset":      func(c *card, d *Device) { c.SetStatus(c.Status() | virtio.StatusNeedsReset) },
		"transmit": func(c *card, d *Device) {
			c.Ring(transmitQueue).PushAll(virtiotest.Element{ID: 0, Written: 0})
			for d.Alloc(60) != nil {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, d := open(t, "pci", modern|features, config)
			d.Receive(func(f *device.Frame) { t.Errorf("handed on %x", f.Bytes) })
			reports := make(chan error, 10)
			device.SetReporter(func(_ string, err error) { reports <- err })
			do(c, d)
			c.Interrupt(-1)
			c.Interrupt(receiveQueue)
			if err := <-reports; err == nil {
				t.Error("reported without a reason")
			}
			for d.LinkUp() {
			}
			if d.Alloc(60) != nil || c.Status() != 0 {
				t.Errorf("goes on, status %#x", c.Status())
			}
			if len(reports) > 0 {
				t.Error("reported twice")
			}
		})
	}
}

// A full transmit queue says so, nothing is lost, and what was sent is taken back without an interrupt.
func TestFullTransmitQueue(t *testing.T) {
	for _, k := range cards {
		t.Run(k.name, func(t *testing.T) {
			c, d := open(t, k.transport, k.offered, config)
			for range 3 {
				n := 0
				for f := d.Alloc(60); f != nil; f = d.Alloc(60) {
					n++
					d.Transmit(f)
				}
				if n < 64 {
					t.Fatalf("full at %d frames", n)
				}
				d.Flush()
				for range n {
					c.take()
				}
			}
		})
	}
}

// device.NIC: what is sent while the receive function runs is flushed once, when the batch is done.
func TestOneNotificationForABatch(t *testing.T) {
	c, d := open(t, "pci", modern|features, config)
	started, goOn := make(chan struct{}), make(chan struct{})
	d.Receive(func(f *device.Frame) {
		started <- struct{}{}
		<-goOn
		a := d.Alloc(len(f.Bytes))
		d.Transmit(a)
		d.Flush()
	})
	c.receive(c.plain(), frame(60, 0), 4096)
	<-started
	before := d.tx.queue.Notified()
	for i := range 9 {
		c.receive(c.plain(), frame(60, byte(i)), 4096)
	}
	other := d.Alloc(60) // from another goroutine meanwhile
	d.Transmit(other)
	d.Flush()
	for range 9 {
		goOn <- struct{}{}
		<-started
	}
	if len(c.got) != 0 {
		t.Error("sent before the batch was done")
	}
	goOn <- struct{}{}
	for range 11 {
		c.take()
	}
	d.tx.mu.Lock()
	defer d.tx.mu.Unlock()
	if n := d.tx.queue.Notified() - before; n != 1 {
		t.Errorf("%d notifications for 10 answers", n)
	}
}
