//go:build !mirage

package cdc

import (
	"bytes"
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"runtime"
	"sync"
	"testing"
)

// A gadget is a model of a card of either kind: ECM 1.2, 3.3; NCM 1.0, 7. Frames that are sent come back.
type gadget struct {
	*usbtest.Device
	t     *testing.T
	isNCM bool

	mu      sync.Mutex
	chosen  bool // an alternate setting has been chosen
	setting uint8
	format  bool   // blocks with 16-bit numbers are asked for
	input   uint32 // the largest block to the host
	filter  uint16
	refuse  bool     // the filter
	news    [][]byte // notifications
	queue   [][]byte // packets to the host
	out     []byte   // what has come of a transfer
	params  []byte
}

func newGadget(t *testing.T, isNCM bool, address string) *gadget {
	g := &gadget{t: t, isNCM: isNCM, input: 1 << 16}
	subclass, protocol := byte(subclassECM), byte(0)
	if isNCM {
		subclass, protocol = subclassNCM, 1
	}
	configuration := []byte{
		9, 2, 0, 0, 2, 1, 0, 0xc0, 50,
		9, 4, 0, 0, 1, 2, subclass, 0, 0,
		5, 0x24, 0, 0x10, 1,
		5, 0x24, 6, 0, 1,
		13, 0x24, 0xf, 1, 0, 0, 0, 0, 0xea, 5, 0, 0, 0,
		6, 0x24, 0x1a, 0, 1, capableCRC,
		7, 5, 0x81, 3, 16, 0, 1,
		9, 4, 1, 0, 0, 10, 0, protocol, 0,
		9, 4, 1, 1, 2, 10, 0, protocol, 0,
		7, 5, 0x82, 2, 64, 0, 0,
		7, 5, 0x02, 2, 64, 0, 0,
	}
	configuration[2] = byte(len(configuration))
	g.Device = &usbtest.Device{
		Speed:      usb.Full,
		Descriptor: []byte{18, 1, 0, 2, 2, 0, 0, 64, 0x25, 0x05, 0xa1, 0xa4, 0, 0, 0, 0, 0, 1},
		Configs:    [][]byte{configuration},
		Strings:    []string{address},
	}
	// Blocks of 64 KiB, which the driver has no room for; payloads at 2 modulo 8, tables at multiples of 16.
	g.params = []byte{28, 0, 3, 0, 0, 0, 1, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0, 8, 0, 0, 8, 0, 2, 0, 16, 0, 1, 0}
	g.Class, g.In, g.Out, g.Setting = g.class, g.in, g.take, g.choose
	return g
}

// choose is SET_INTERFACE.
func (g *gadget) choose(number, setting uint8) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if number != 1 || g.isNCM && setting == 1 && (!g.chosen || !g.format || g.input > 1<<14) {
		g.t.Errorf("setting %d of interface %d before the blocks are agreed upon", setting, number)
	}
	g.chosen, g.setting = true, setting
	if g.isNCM && setting == 1 {
		g.news = append(g.news, []byte{0xa1, 0x2a, 0, 0, 0, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8}, []byte{0xa1, 0, 1, 0, 0, 0, 0, 0})
	}
}

func (g *gadget) class(s [8]byte, out []byte) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	value := uint16(s[2]) | uint16(s[3])<<8
	blocks := g.isNCM && s[4] == 0 && s[5] == 0
	if blocks && s[1] >= getNTBParameters && g.setting != 0 {
		g.t.Errorf("request %#x while the card is in use", s[1])
	}
	switch {
	case blocks && s[0] == 0xa1 && s[1] == getNTBParameters:
		return g.params, nil
	case blocks && s[0] == 0x21 && s[1] == setNTBFormat:
		g.format = value == 0
		return nil, nil
	case blocks && s[0] == 0x21 && s[1] == setNTBInputSize && len(out) == 4:
		g.input = byteorder.LEUint32(out)
		return nil, nil
	case blocks && s[0] == 0x21 && s[1] == setCRCMode && value == 0:
		return nil, nil
	case s[0] == 0x21 && s[1] == setPacketFilter && !g.refuse:
		g.filter = value
		return nil, nil
	}
	return nil, usb.ErrStall
}

func (g *gadget) in(e uint8) ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	from := &g.queue
	if e == 1 {
		from = &g.news
	}
	if len(*from) == 0 {
		return nil, usb.ErrNothing
	}
	b := (*from)[0]
	*from = (*from)[1:]
	return b, nil
}

func (g *gadget) take(_ uint8, packet []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out = append(g.out, packet...)
	if len(packet) == 64 {
		return nil
	}
	b := g.out
	g.out = nil
	if g.setting != 1 {
		g.t.Error("frames while the card is not in use")
	}
	if g.isNCM {
		g.checkBlock(b)
	}
	for len(b) >= 64 {
		g.queue = append(g.queue, b[:64])
		b = b[64:]
	}
	g.queue = append(g.queue, b) // a transfer that fills its packets ends with an empty one
	return nil
}

// checkBlock checks what a device may count on: NCM 1.0, 3.2, 3.3 and 3.7.
func (g *gadget) checkBlock(b []byte) {
	if len(b) > 2048 || len(b) < 28 || int(byteorder.LEUint16(b[headBlock:])) != len(b) {
		g.t.Errorf("a block of %d bytes: % x", len(b), b[:min(len(b), 12)])
		return
	}
	table := int(byteorder.LEUint16(b[headTable:]))
	if table%16 != 0 {
		g.t.Errorf("a table at %d", table)
	}
	if start := int(byteorder.LEUint16(b[table+tableEntries:])); (start+etherHeader)%8 != 2 {
		g.t.Errorf("a frame at %d", start)
	}
}

var cards = func() chan device.NIC {
	c := make(chan device.NIC, 10)
	device.EachNIC(func(n device.NIC) { c <- n })
	return c
}()

// Frames of all lengths go out and come back as they were, by either model.
func TestCard(t *testing.T) {
	for _, isNCM := range []bool{false, true} {
		g := newGadget(t, isNCM, map[bool]string{false: "0254fedcbA01", true: "0254fedcba02"}[isNCM])
		g.refuse = !isNCM
		host := usbtest.NewHost()
		host.Plug(g.Device)
		usb.Start(host, Driver)
		nic := <-cards
		if nic.MAC() != [6]byte{2, 0x54, 0xfe, 0xdc, 0xba, map[bool]byte{false: 1, true: 2}[isNCM]} {
			t.Errorf("address %x", nic.MAC())
		}
		got := make(chan []byte, 10)
		nic.Receive(func(f *device.Frame) { got <- bytes.Clone(f.Bytes) })
		for !nic.LinkUp() {
			runtime.Gosched()
		}
		for n := 14; n <= 1514; n += 1 + n/64 {
			f := nic.Alloc(n)
			for i := range f.Bytes {
				f.Bytes[i] = byte(i + n)
			}
			want := bytes.Clone(f.Bytes)
			nic.Transmit(f)
			if b := <-got; !bytes.Equal(b, want) {
				t.Errorf("NCM %v: %d bytes came back as %d", isNCM, n, len(b))
			}
		}
		g.mu.Lock()
		if !g.refuse && g.filter != 0xe {
			t.Errorf("filter %#x", g.filter)
		}
		g.news = append(g.news, []byte{0xa1, 0, 0, 0, 0, 0, 0, 0}) // CDC 1.2, 6.3.1
		g.mu.Unlock()
		for nic.LinkUp() {
			runtime.Gosched()
		}
		usbtest.NoFaults(t, g.Device)
		host.Close()
	}
}

// A device without an address, without endpoints, or with blocks that are too small makes no card.
func TestRefused(t *testing.T) {
	for name, spoil := range map[string]func(g *gadget){
		"address":    func(g *gadget) { g.Strings[0] = "0254fedcba" },
		"multicast":  func(g *gadget) { g.Strings[0] = "0154fedcba03" },
		"digits":     func(g *gadget) { g.Strings[0] = "0254fedcbaxx" },
		"endpoints":  func(g *gadget) { g.Configs[0][len(g.Configs[0])-5] = 0x83 },
		"small":      func(g *gadget) { g.params[17] = 1 },
		"parameters": func(g *gadget) { g.params = g.params[:20] },
	} {
		said := make(chan error, 10)
		device.SetReporter(func(_ string, err error) { said <- err })
		host, g := usbtest.NewHost(), newGadget(t, true, "0254fedcba03")
		spoil(g)
		host.Plug(g.Device)
		usb.Start(host, Driver).Settle(60e9)
		if err := <-said; len(cards) != 0 {
			t.Errorf("%s: a card, and %v", name, err)
		}
		host.Close()
	}
	device.SetReporter(func(string, error) {})
}

// NCM 1.0, 3.2 and 3.3: several datagrams in a table, several tables, and a block whose length only the transfer says.
func TestUnwrap(t *testing.T) {
	b := make([]byte, 96)
	byteorder.LEPutUint32(b, headSignature)
	byteorder.LEPutUint16(b[headLength:], headSize)
	byteorder.LEPutUint16(b[headTable:], 12)
	table := func(at, next int, entries ...uint16) {
		byteorder.LEPutUint32(b[at:], tableSignature)
		byteorder.LEPutUint16(b[at+tableLength:], uint16(tableEntries+2*len(entries)))
		byteorder.LEPutUint16(b[at+tableNext:], uint16(next))
		for i, v := range entries {
			byteorder.LEPutUint16(b[at+tableEntries+2*i:], v)
		}
	}
	table(12, 44, 72, 4, 76, 5, 0, 0)
	table(44, 12, 82, 6, 0, 0)
	copy(b[72:], "onetwo23four45")
	var got []string
	(&blocks{}).Unwrap(b, func(frame []byte) { got = append(got, string(frame)) })
	// The tables name each other in a circle: that ends when there are more octets than the block has.
	if len(got) < 3 || got[0] != "onet" || got[1] != "wo23f" || len(got[2]) != 6 || len(got) > 3*maxTables {
		t.Errorf("%q", got)
	}
}

// Whatever a device sends, frames lie within it, and are no more than it.
func FuzzUnwrap(f *testing.F) {
	for _, p := range [][]byte{{0, 8, 0, 0, 8, 0, 2, 0, 16, 0}, {0, 8, 0, 0, 4, 0, 0, 0, 4, 0}} {
		p = append([]byte{28, 0, 1, 0, 0, 8, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0}, append(p, 1, 0)...)
		w, ok := parseParameters(p)
		if !ok {
			f.Fatal("parameters")
		}
		b := make([]byte, 200)
		f.Add(b[:w.Wrap(b, 60)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		(&blocks{}).Unwrap(b, func(frame []byte) { total += len(frame) })
		if total > len(b) {
			t.Errorf("%d bytes of frames in %d", total, len(b))
		}
	})
}

// Whatever a device wants, a block fits into a slot, keeps what was asked for, and has its frame again.
func FuzzParameters(f *testing.F) {
	f.Add(uint16(8), uint16(2), uint16(16), 60)
	f.Add(uint16(64), uint16(63), uint16(64), 1518)
	f.Add(uint16(0), uint16(65535), uint16(3), 14)
	f.Fuzz(func(t *testing.T, divisor, remainder, align uint16, n int) {
		if n < 14 || n > 1518 {
			return
		}
		p := make([]byte, parametersSize)
		byteorder.LEPutUint32(p[parameterMaxIn:], leastMax)
		byteorder.LEPutUint32(p[parameterMaxOut:], leastMax)
		byteorder.LEPutUint16(p[parameterDivisor:], divisor)
		byteorder.LEPutUint16(p[parameterRemainder:], remainder)
		byteorder.LEPutUint16(p[parameterAlignment:], align)
		w, ok := parseParameters(p)
		if !ok || w.Room()%4 != 0 || w.Room() > 96 {
			t.Fatalf("%+v", w)
		}
		b := make([]byte, w.Room()+1728-96)
		for i := range n {
			b[w.Room()+i] = byte(i)
		}
		want, found := bytes.Clone(b[w.Room():w.Room()+n]), false
		w.Unwrap(b[:w.Wrap(b, n)], func(frame []byte) { found = bytes.Equal(frame, want) })
		if !found {
			t.Errorf("%+v: %d bytes do not come back", w, n)
		}
	})
}

func FuzzAddress(f *testing.F) {
	f.Add("0254fedcba03")
	f.Fuzz(func(t *testing.T, s string) {
		if mac, ok := parseAddress(s); ok && (mac[0]&1 != 0 || len(s) != 12) {
			t.Errorf("%q is %x", s, mac)
		}
	})
}
