//go:build !mirage

package rndis

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"runtime"
	"sync"
	"testing"
)

// A gadget is a model of a card: [MS-RNDIS] 3.2. Frames that are sent come back.
type gadget struct {
	*usbtest.Device
	t *testing.T

	mu      sync.Mutex
	answers [][]byte
	queue   [][]byte // packets to the host
	message []byte   // what has come of a packet message
	filter  uint32
	status  uint32 // of its answers
	mac     []byte
}

func newGadget(t *testing.T, mac byte) *gadget {
	g := &gadget{t: t, mac: []byte{0x40, 0x54, 0, 1, 2, mac}}
	g.Device = &usbtest.Device{
		Speed:      usb.Full,
		Descriptor: []byte{18, 1, 0, 2, 2, 0, 0, 64, 0x25, 0x05, 0xa2, 0xa4, 0, 0, 1, 2, 0, 1},
		Configs: [][]byte{{
			9, 2, 67, 0, 2, 2, 9, 0xc0, 50,
			9, 4, 0, 0, 1, 2, 2, 0xff, 6,
			5, 0x24, 0, 0x10, 1,
			5, 0x24, 1, 0, 1,
			4, 0x24, 2, 0,
			5, 0x24, 6, 0, 1,
			7, 5, 0x81, 3, 16, 0, 32,
			9, 4, 1, 0, 2, 10, 0, 0, 4,
			7, 5, 0x82, 2, 64, 0, 0,
			7, 5, 0x02, 2, 64, 0, 0,
		}},
		Strings: []string{"Somebody", "Gadget"},
	}
	g.Class, g.In, g.Out = g.class, g.in, g.out
	return g
}

func (g *gadget) class(s [8]byte, out []byte) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case s[0] == 0x21 && s[1] == sendCommand:
		g.command(out)
		return nil, nil
	case s[0] == 0xa1 && s[1] == getResponse:
		if len(g.answers) == 0 {
			return []byte{0}, nil
		}
		a := g.answers[0]
		g.answers = g.answers[1:]
		return a, nil
	}
	return nil, usb.ErrStall
}

// command takes a message, g.mu held.
func (g *gadget) command(m []byte) {
	if len(m) < 12 || int(le32(m[fieldLength:])) != len(m) {
		g.t.Errorf("message % x has a wrong length", m)
		return
	}
	kind, request := le32(m), le32(m[fieldRequest:])
	switch kind {
	case msgInitialize:
		g.answers = append(g.answers, message(kind|completion, request, g.status, 1, 0, 1, 0, 1, 1580, 0, 0, 0))
	case msgQuery:
		if le32(m[12:]) != oidPermanentAddress {
			g.t.Errorf("object %#x", le32(m[12:]))
		}
		a := message(kind|completion, request, g.status, uint32(len(g.mac)), querySize-8)
		a = append(a, g.mac...)
		put32(a[fieldLength:], uint32(len(a)))
		g.answers = append(g.answers, message(msgIndicate, statusConnect, 0, 0), a) // it may have something else to say
	case msgSet:
		if le32(m[12:]) != oidPacketFilter || le32(m[16:]) != 4 || le32(m[20:]) != 20 || len(m) != 32 {
			g.t.Errorf("set % x", m)
		}
		g.filter = le32(m[28:])
		g.answers = append(g.answers, message(kind|completion, request, g.status))
	}
}

func (g *gadget) in(e uint8) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e == 1 || len(g.queue) == 0 {
		return nil, usb.ErrNothing
	}
	b := g.queue[0]
	g.queue = g.queue[1:]
	return b, nil
}

func (g *gadget) out(_ uint8, packet []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.message = append(g.message, packet...)
	if len(packet) == 64 {
		return nil
	}
	m := g.message
	g.message = nil
	if g.filter == 0 || len(m) < packetSize || le32(m) != msgPacket || int(le32(m[fieldLength:])) != len(m) {
		g.t.Errorf("frames before they are wanted, or message % x", m)
		return nil
	}
	for ; len(m) > 64; m = m[64:] {
		g.queue = append(g.queue, m[:64])
	}
	g.queue = append(g.queue, m)
	return nil
}

// plug makes a card of the gadget, and returns it.
func plug(t *testing.T, host *usbtest.Host, g *gadget, cards chan device.NIC) device.NIC {
	t.Helper()
	host.Plug(g.Device)
	return <-cards
}

var cards = func() chan device.NIC {
	c := make(chan device.NIC, 10)
	device.EachNIC(func(n device.NIC) { c <- n })
	return c
}()

// Frames of all lengths go out and come back as they were.
func TestCard(t *testing.T) {
	host, g := usbtest.NewHost(), newGadget(t, 1)
	usb.Start(host, Driver)
	nic := plug(t, host, g, cards)
	if nic.MAC() != [6]byte(g.mac) {
		t.Errorf("address %x", nic.MAC())
	}
	got := make(chan []byte, 10)
	nic.Receive(func(f *device.Frame) { got <- bytes.Clone(f.Bytes) })
	for !nic.LinkUp() {
		runtime.Gosched()
	}
	for _, n := range []int{14, 60, 83, 84, 85, 148, 1514} {
		f := nic.Alloc(n)
		for i := range f.Bytes {
			f.Bytes[i] = byte(i + n)
		}
		want := bytes.Clone(f.Bytes)
		nic.Transmit(f)
		if b := <-got; !bytes.Equal(b, want) {
			t.Errorf("%d bytes came back as %d", n, len(b))
		}
	}
	for _, f := range g.Faults() {
		t.Error(f)
	}

	// Unplugged, the card has no carrier and gives no frames; plugged in again it is the same card.
	host.Plug(nil)
	for nic.LinkUp() {
		runtime.Gosched()
	}
	if nic.Alloc(60) != nil {
		t.Error("a card without a carrier gives frames")
	}
	again := newGadget(t, 1)
	host.Plug(again.Device)
	for !nic.LinkUp() {
		runtime.Gosched()
	}
	f := nic.Alloc(60)
	clear(f.Bytes)
	nic.Transmit(f)
	if b := <-got; len(b) != 60 || len(cards) != 0 {
		t.Errorf("%d bytes; %d new cards", len(b), len(cards))
	}
}

// A device that refuses, or gives no address, makes no card.
func TestRefused(t *testing.T) {
	for name, spoil := range map[string]func(g *gadget){
		"status":    func(g *gadget) { g.status = 0xc0000001 },
		"address":   func(g *gadget) { g.mac = g.mac[:5] },
		"multicast": func(g *gadget) { g.mac[0] |= 1 },
	} {
		said := make(chan error, 10)
		device.SetReporter(func(_ string, err error) { said <- err })
		host, g := usbtest.NewHost(), newGadget(t, 2)
		spoil(g)
		host.Plug(g.Device)
		usb.Start(host, Driver).Settle(60e9)
		if err := <-said; err != errAnswer || len(cards) != 0 {
			t.Errorf("%s: %v", name, err)
		}
		device.SetReporter(func(string, error) {})
	}
}

// A padded transfer has the frame's own length in it.
func TestPadding(t *testing.T) {
	f := &framing{least: 1537, maxSize: 1580}
	b := make([]byte, 1700)
	for n, want := range map[int]int{60: 1537, 1493: 1537, 1494: 1538, 1514: 1558} {
		if got := f.Wrap(b, n); got != want || int(le32(b[fieldLength:])) != want || int(le32(b[packetLength:])) != n {
			t.Errorf("%d bytes take %d, want %d", n, got, want)
		}
	}
}

// Whatever a device sends, frames lie within it.
func FuzzUnwrap(f *testing.F) {
	one := make([]byte, 200)
	n := (&framing{maxSize: 1580}).Wrap(one, 60)
	f.Add(append(bytes.Clone(one[:n]), one[:n]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		(&framing{}).Unwrap(b, func(frame []byte) { total += len(frame) })
		if total > len(b) {
			t.Errorf("%d bytes of frames in %d", total, len(b))
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(message(msgQuery|completion, 7, 0, 6, 16, 1, 2), uint32(7))
	f.Fuzz(func(t *testing.T, b []byte, request uint32) {
		if isAnswer(b, msgQuery, request, querySize) {
			answer(b).information()
		}
		if isAnswer(b, msgInitialize, request, initSize) {
			_ = le32(b[initAlignment:])
		}
	})
}
