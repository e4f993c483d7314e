//go:build !mirage

package genet

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/drivers/phy"
	"internal/mirage/irq"
	"runtime"
	"testing"
)

func init() { patience = 1e6 }

var mac = [6]byte{0xdc, 0xa6, 0x32, 1, 2, 3}

func open(t *testing.T, c *chip) *Card {
	t.Helper()
	card, err := Open(c.space(), irq.Input{Number: c.input, Level: true}, mac)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func waitLink(c *Card, up bool) {
	for c.LinkUp() != up {
		runtime.Gosched()
	}
}

// Frames of all lengths go out and come back as they were but for the padding (IEEE 802.3, 3.2.8), more often than there are
// descriptors, and indices go on at 65536.
func TestFrames(t *testing.T) {
	c := newChip(t)
	card := open(t, c)
	got := make(chan []byte, 10)
	card.Receive(func(f *device.Frame) { got <- bytes.Clone(f.Bytes) })
	waitLink(card, true)
	c.mu.Lock()
	if c.regs[uintptr(macAddress0)] != 0xdca63201 || c.regs[uintptr(macAddress1)] != 0x0203 {
		t.Errorf("address %#x %#x", c.regs[uintptr(macAddress0)], c.regs[uintptr(macAddress1)])
	}
	c.mu.Unlock()
	for i := range 3 * ring {
		n := 14 + i*7%1501
		f := card.Alloc(n)
		if f == nil {
			t.Fatalf("no frame after %d", i)
		}
		for k := range f.Bytes {
			f.Bytes[k] = byte(k + i)
		}
		want := append(bytes.Clone(f.Bytes), make([]byte, max(0, minFrame-n))...)
		card.Transmit(f)
		card.Flush()
		if b := <-got; !bytes.Equal(b, want) {
			t.Fatalf("%d bytes came back as %d", n, len(b))
		}
	}
	if !card.Idle() {
		t.Error("not idle")
	}
	// One for each slot, and no more; those that are given back are there again.
	var all []*device.Frame
	for f := card.Alloc(60); f != nil; f = card.Alloc(60) {
		all = append(all, f)
	}
	if len(all) != ring {
		t.Errorf("%d frames", len(all))
	}
	for _, f := range all {
		card.Discard(f)
	}
	if card.Alloc(maxFrame+1) != nil {
		t.Error("a frame that is too long")
	}
}

// The MAC is what both ends can: IEEE 802.3, annex 28B.3.
func TestLink(t *testing.T) {
	c := newChip(t)
	card := open(t, c)
	for _, test := range []struct {
		partner, fast uint16
		want          uint32
	}{
		{phy.Ability100Full | phy.AbilityPause, phy.GigabitFull << 2, 2 << commandSpeed},
		{phy.Ability100Full, 0, 1<<commandSpeed | commandNoPause | commandNoTxPause},
		{phy.Ability10Half, 0, commandHalf | commandNoPause | commandNoTxPause},
	} {
		set := func(link bool) {
			c.mu.Lock()
			c.link, c.wasDown, c.partner, c.fast = link, true, test.partner, test.fast
			c.mu.Unlock()
			waitLink(card, link)
		}
		set(false)
		if card.Alloc(60) != nil {
			t.Error("a frame without a carrier")
		}
		set(true)
		c.mu.Lock()
		if got := c.regs[uintptr(macCommand)]; got != test.want|commandTransmit|commandReceive {
			t.Errorf("partner %#x %#x: command %#x", test.partner, test.fast, got)
		}
		c.mu.Unlock()
	}
}

// Frames with errors are not handed on, and an index that cannot be ends the card.
func TestFaults(t *testing.T) {
	said := make(chan error, 10)
	device.SetReporter(func(_ string, err error) { said <- err })
	defer device.SetReporter(func(string, error) {})
	c := newChip(t)
	card := open(t, c)
	got := make(chan int, 10)
	card.Receive(func(f *device.Frame) { got <- len(f.Bytes) })
	waitLink(card, true)
	send := func(n int, spoil uint32) {
		c.mu.Lock()
		c.spoil = spoil
		c.mu.Unlock()
		card.Transmit(card.Alloc(n))
		card.Flush()
	}
	for _, bad := range []uint32{1, 2, 4, 8, 16} {
		send(100, bad)
	}
	send(200, 0)
	if n := <-got; n != 200 {
		t.Errorf("a frame of %d bytes, with an error", n)
	}
	c.mu.Lock()
	c.lie = ring + 1
	c.regs[uintptr(intStatus)] |= 1 << 13
	c.drive()
	c.mu.Unlock()
	if err := <-said; err != errIndex {
		t.Error(err)
	}
	waitLink(card, false)
	if card.Alloc(60) != nil || !card.Idle() {
		t.Error("a card that failed is used")
	}
}

func TestRefused(t *testing.T) {
	c := newChip(t)
	if _, err := Open(c.space(), irq.Input{Number: c.input}, [6]byte{1}); err != errAddress {
		t.Error(err)
	}
	c.regs[uintptr(sysRevision)] = 5 << 24
	if _, err := Open(c.space(), irq.Input{Number: c.input}, mac); err != errVersion {
		t.Error(err)
	}
}

// Whatever the card says of a frame that came, it lies in its memory.
func FuzzFrame(f *testing.F) {
	f.Add(uint32(60<<descBytes|descStart|descEnd), uint16(3))
	f.Add(uint32(descLongest<<descBytes|descStart|descEnd), uint16(127))
	var c *Card
	var m *chip
	f.Fuzz(func(t *testing.T, v uint32, index uint16) {
		if c == nil {
			m = newChip(t)
			c = open(t, m)
		}
		c.consumed = index
		m.mu.Lock()
		m.regs[uintptr(rxDescriptors)+descSize*uintptr(index%ring)] = v
		m.mu.Unlock()
		if frame := c.frame(); frame != nil && (len(frame) < 14 || len(frame) > slot || v&descErrors != 0) {
			t.Errorf("%#x: a frame of %d bytes", v, len(frame))
		}
	})
}
