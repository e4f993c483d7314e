//go:build !mirage

package netfront

import (
	"bytes"
	"encoding/binary"
	"internal/mirage/device"
	"slices"
	"strconv"
	"testing"
)

// all are the features with which a back end takes and gives all that there is.
var all = []string{"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload"}

// netif.h, "GSO": a frame for the back end to cut goes in as many pages as it takes, and says what is to become of it.
func TestCuttingSegments(t *testing.T) {
	c, d := open(t, all...)
	if o := d.Offloads(); o != device.TxChecksum|device.RxChecksum|device.TxSegments4|device.TxSegments6 {
		t.Fatalf("offloads %b", o)
	}
	for turn := range 100 { // many times round the ring
		for _, k := range []struct {
			etherType uint16
			start     uint16
			kind      uint32
			size      int
			entries   int
		}{
			{0x0800, 34, segments4, device.MaxSegmented, 17}, {0x86dd, 54, segments6, 4097, 3}, {0x0800, 34, segments4, 4096, 2},
		} {
			f := d.Alloc(k.size)
			copy(f.Bytes, frame(k.size, byte(turn)))
			binary.BigEndian.PutUint16(f.Bytes[12:], k.etherType)
			f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumPartial, k.start, 16, 1448
			want := bytes.Clone(f.Bytes)
			d.Transmit(f)
			d.Flush()
			s := c.takeWhole()
			if !bytes.Equal(s.bytes, want) || s.flags != txBlank|txValidated || s.entries != k.entries {
				t.Fatalf("%d bytes of %d in %d entries, flags %d", len(s.bytes), k.size, s.entries, s.flags)
			}
			// struct xen_netif_extra_info: type 1, no more behind it, the size, and the kind.
			if s.extra[0] != 1|1448<<16 || s.extra[1] != k.kind {
				t.Fatalf("extra information %x", s.extra)
			}
		}
	}
	if !d.Idle() || !d.LinkUp() {
		t.Error("entries are left")
	}
}

// device.NIC, Alloc: what it gives there is room for in the ring, long frames and others.
func TestFullOfLongFrames(t *testing.T) {
	c, d := open(t, all...)
	for range 2 {
		n := 0
		for size, f := device.MaxSegmented, (*device.Frame)(nil); ; n++ {
			if f = d.Alloc(size); f == nil && size > 60 {
				size = 60
				f = d.Alloc(size)
			}
			if f == nil {
				break
			}
			if size > 60 {
				f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumPartial, 34, 16, 1448
			}
			d.Transmit(f)
		}
		if n < longFrames+30 || d.Alloc(device.MaxSegmented+1) != nil {
			t.Fatalf("%d frames", n)
		}
		d.Flush()
		for range n {
			c.take()
		}
	}
	held := d.Alloc(3000)
	d.Discard(held)
	if again := d.Alloc(3000); again != held || again.Segment != 0 {
		t.Error("a frame that was given back is lost")
	}
}

// netif.h: what the back end does not offer is not asked of it.
func TestOffers(t *testing.T) {
	for _, k := range []struct {
		features []string
		want     device.Offloads
	}{
		{nil, 0},
		{all[1:], 0},
		{all[:2], device.TxSegments4},
		{all[:3], device.TxSegments4}, // segments of IPv6 need its checksums finished
		{[]string{"feature-sg", "feature-gso-tcpv6", "feature-ipv6-csum-offload"}, device.TxSegments6},
	} {
		_, d := open(t, slices.Clone(k.features)...) // open appends
		if o := d.Offloads() &^ (device.TxChecksum | device.RxChecksum); o != k.want || k.want == 0 && d.Alloc(3000) != nil {
			t.Errorf("%v: offloads %b", k.features, o)
		}
	}
}

// netif.h: what the back end has put together comes in several buffers, with extra information behind the first.
func TestReceivingSegments(t *testing.T) {
	c, d := open(t)
	in := collect(d)
	give := func(f []byte, extra bool) {
		for first := true; len(f) > 0; first = false {
			size, flags := min(len(f), 4096), uint32(0)
			if first {
				flags = rxBlank | rxValidated
			}
			if first && extra {
				flags |= rxExtra
			}
			if len(f) > size {
				flags |= rxMore
			}
			c.receive(f[:size], 0, flags)
			if first && extra {
				c.inform(extraSegments|1448<<16, segments4)
			}
			f = f[size:]
		}
	}
	for i := range 100 {
		for _, size := range []int{device.MaxMerged, 2962, 4096, 4097, 9000} {
			for _, extra := range []bool{true, false} {
				give(frame(size, byte(i)), extra)
				if r := <-in; !bytes.Equal(r.bytes, frame(size, byte(i))) || r.Checksum != device.ChecksumValid {
					t.Fatalf("%d bytes of %d, checksum %v", len(r.bytes), size, r.Checksum)
				}
			}
		}
	}
	// Too long, and with a buffer that could not be filled: the next frame is received.
	give(frame(device.MaxMerged+1, 1), true)
	c.receive(frame(4096, 1), 0, rxMore)
	id, _ := c.buffer()
	c.respond(id, 0, 0, -1)
	c.receive(frame(60, 2), 0, 0)
	if r := <-in; len(r.bytes) != 60 || d.Dropped() != 2 {
		t.Errorf("%d bytes, %d dropped", len(r.bytes), d.Dropped())
	}
}

// netif.h, "feature-split-event-channels": news of each ring goes by a channel of its own.
func TestSplitChannels(t *testing.T) {
	c, d := open(t, "feature-split-event-channels")
	if c.txPort == c.rxPort || c.store.Get("device/vif/0/event-channel") != "" {
		t.Fatal("one channel")
	}
	in := collect(d)
	d.Transmit(d.Alloc(60))
	d.Flush()
	c.take()
	c.receive(frame(60, 1), 0, 0)
	<-in
}

// netif.h, "multi-queue-max-queues": there are as many queues as both want, a connection's frames stay in one, and the receive
// function runs once at a time.
func TestQueues(t *testing.T) {
	c := newCard(t, "feature-rx-copy", "feature-split-event-channels")
	c.store.Set(backend+"/multi-queue-max-queues", "3")
	d, err := c.connectWith(3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.fail(errOver) })
	if n := c.store.Get("device/vif/0/multi-queue-num-queues"); n != "3" || c.store.Get("device/vif/0/tx-ring-ref") != "" {
		t.Fatalf("%q queues", n)
	}
	used := map[int]bool{}
	for port := range byte(100) {
		lane := -1
		for range 3 {
			f := d.Alloc(60)
			clear(f.Bytes)
			f.Bytes[12], f.Bytes[37] = 8, port
			d.Transmit(f)
			d.Flush()
			s := c.takeWhole()
			if lane >= 0 && s.lane != lane {
				t.Fatal("a connection's frames take several ways")
			}
			lane = s.lane
		}
		used[lane] = true
	}
	if len(used) != 3 {
		t.Errorf("of three queues %d are used", len(used))
	}
	const each = 1000
	running, got, done := 0, 0, make(chan bool) // without a lock: the race detector looks
	d.Receive(func(*device.Frame) {
		if running++; running != 1 {
			t.Error("two at a time")
		}
		if got++; got == 3*each {
			close(done)
		}
		running--
	})
	for _, l := range c.lanes {
		go func() {
			for i := range each {
				c.receiveBy(l, frame(60, byte(i)), 0, 0)
			}
		}()
	}
	<-done
}

// One queue is asked for in the old way, by back ends that know of one and by those that do not say a number.
func TestOneQueue(t *testing.T) {
	for _, most := range []string{"1", "0", "", "many"} {
		c := newCard(t, "feature-rx-copy")
		c.store.Set(backend+"/multi-queue-max-queues", most)
		d, err := c.connect()
		if err != nil {
			t.Fatal(err)
		}
		if len(d.queues) != 1 || c.store.Get("device/vif/0/event-channel") == "" {
			t.Errorf("%q: %d queues", most, len(d.queues))
		}
		d.fail(errOver)
	}
}

// What the stack was told that the card does it does also when the back end comes back, with any number of queues.
func TestComesBackOtherwise(t *testing.T) {
	c, d := open(t, all...)
	come := func(key, value string) {
		c.store.Set(backend+"/"+key, value)
		c.store.Set("device/vif/0/state", "0")
		c.store.Set("device/vif/0/multi-queue-num-queues", "")
		c.store.Set(backend+"/state", "2")
	}
	d.Discard(d.Alloc(9000))
	come("multi-queue-max-queues", strconv.Itoa(2))
	eventually(t, "the driver is connected", func() bool { return c.store.Get("device/vif/0/state") == "4" })
	c.attach()
	c.store.Set(backend+"/state", "4")
	eventually(t, "the link is up", d.LinkUp)
	f := d.Alloc(9000)
	f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumPartial, 34, 16, 1448
	d.Transmit(f)
	d.Flush()
	if b, _ := c.take(); len(b) != 9000 {
		t.Errorf("%d bytes", len(b))
	}
	reported := make(chan error, 1)
	device.SetReporter(func(_ string, err error) { reported <- err })
	come("feature-gso-tcpv4", "0")
	if err := <-reported; err != errLess {
		t.Error(err)
	}
}
