//go:build !mirage

package net

import (
	"encoding/binary"
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	virtiopci "internal/mirage/drivers/virtio/pci"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	ring   = virtio.FeatureEventIndex | virtio.FeatureIndirect
	modern = virtio.FeatureVersion1 | ring
)

// A card is a model of a network card that keeps what is sent and receives what the test gives it.
type card struct {
	*virtiotest.Device
	t      *testing.T
	header int

	mu   sync.Mutex
	sent [][]byte // headers and frames
	got  chan struct{}
}

var inputs atomic.Uint32

// open makes a card with features on a transport, and its driver.
func open(t *testing.T, transport string, offered uint64, config []byte) (*card, *Device) {
	t.Helper()
	c := &card{t: t, header: 12, got: make(chan struct{}, 1000)}
	c.Device = &virtiotest.Device{ID: virtio.IDNet, Offered: offered, Config: config, Max: []int{256, 256}, Notified: c.notified}
	n := 2000 + inputs.Add(1)
	var tr virtio.Transport
	var err error
	switch transport {
	case "pci":
		fn := virtiotest.Host(c.PCI(1, 3)).Scan()[0]
		tr, err = virtiopci.Open("net", fn)
	case "mmio":
		tr, err = virtiommio.Open("net", c.MMIO(2, n), irq.Input{Number: n})
	case "legacy":
		tr, err = virtiommio.Open("net", c.MMIO(1, n), irq.Input{Number: n})
		if offered&featureMergeable == 0 {
			c.header = 10
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(tr, func(p []byte) {
		for i := range p {
			p[i] = 0xff
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range c.Faults() {
			t.Error("the driver broke a rule:", f)
		}
		device.SetReporter(func(string, error) {})
		d.fail(errors.New("test over"))
	})
	return c, d
}

// notified is the card being told of frames to send; of buffers to fill it needs no telling.
func (c *card) notified(i int) {
	if i != transmitQueue {
		return
	}
	r := c.Ring(transmitQueue)
	for {
		for ch, ok := r.Pop(); ok; ch, ok = r.Pop() {
			if len(ch.In) > 0 {
				c.t.Error("a frame to send has a buffer to write")
			}
			var b []byte
			for _, o := range ch.Out {
				b = append(b, o.Bytes()...)
			}
			c.mu.Lock()
			c.sent = append(c.sent, b)
			c.mu.Unlock()
			c.got <- struct{}{}
			c.Use(transmitQueue, ch, 0)
		}
		if !r.Sleep() {
			return
		}
	}
}

// take waits for the next frame that was sent.
func (c *card) take() []byte {
	<-c.got
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.sent[0]
	c.sent = c.sent[1:]
	return b
}

// receive fills buffers with a header and a frame, each holding at most room bytes of them. 0xee buffers in the header
// stand for as many as it took.
func (c *card) receive(header, frame []byte, room int) {
	c.t.Helper()
	all := append(append([]byte{}, header...), frame...)
	r := c.Ring(receiveQueue)
	var first []byte
	var used []virtiotest.Element
	for len(all) > 0 {
		ch, ok := r.Pop()
		for ; !ok; ch, ok = r.Pop() {
			runtime.Gosched() // the driver is about to give one back
		}
		n := 0
		for _, in := range ch.In {
			k := copy(in.Bytes()[:min(len(in.Bytes()), room-n)], all)
			all = all[k:]
			n += k
		}
		if first == nil {
			first = ch.In[0].Bytes()
		}
		used = append(used, virtiotest.Element{ID: uint32(ch.Head), Written: uint32(n)})
	}
	if c.header == 12 && header[headerBuffers] == 0xee {
		binary.LittleEndian.PutUint16(first[headerBuffers:], uint16(len(used)))
	}
	c.UseAll(receiveQueue, used...)
}

func (c *card) plain() []byte {
	h := make([]byte, c.header)
	if c.header == 12 {
		h[10] = 1
	}
	return h
}

func frame(n int, seed byte) []byte {
	f := make([]byte, n)
	for i := range f {
		f[i] = byte(i)*7 + seed
	}
	return f
}
