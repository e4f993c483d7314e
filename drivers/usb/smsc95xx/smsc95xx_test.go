//go:build !mirage

package smsc95xx

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/drivers/phy"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"runtime"
	"testing"
)

var cards = func() chan device.NIC {
	c := make(chan device.NIC, 10)
	device.EachNIC(func(n device.NIC) { c <- n })
	return c
}()

func init() { patience = 1e6 }

func none() (mac [6]byte, ok bool)  { return mac, false }
func board() (mac [6]byte, ok bool) { return [6]byte{0xb8, 0x27, 0xeb, 1, 2, 3}, true }

// begin plugs a chip in and returns its card.
func begin(t *testing.T, c *chip, address func() ([6]byte, bool)) device.NIC {
	t.Helper()
	host := usbtest.NewHost()
	host.Plug(c.Device)
	usb.Start(host, Driver(address))
	t.Cleanup(host.Close)
	return <-cards
}

func waitLink(nic device.NIC, up bool) {
	for nic.LinkUp() != up {
		runtime.Gosched()
	}
}

// Frames of all lengths go out and come back as they were, one that fills its packets among them.
func TestCard(t *testing.T) {
	c := newChip(t, lan9514, nil)
	nic := begin(t, c, board)
	c.mu.Lock()
	if nic.MAC() != [6]byte{0xb8, 0x27, 0xeb, 1, 2, 3} || c.regs[addressLow] != 0x01eb27b8 || c.regs[addressHigh] != 0x0302 {
		t.Errorf("address %x, registers %#x %#x", nic.MAC(), c.regs[addressLow], c.regs[addressHigh])
	}
	c.mu.Unlock()
	got := make(chan []byte, 10)
	nic.Receive(func(f *device.Frame) { got <- bytes.Clone(f.Bytes) })
	waitLink(nic, true)
	for _, n := range []int{14, 60, 61, 62, 63, 428, 504, 505, 1016, 1514} {
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
	usbtest.NoFaults(t, c.Device)
}

// The MAC is what both sides of the cable can: IEEE 802.3, 28B.3. The carrier comes and goes.
func TestLink(t *testing.T) {
	c := newChip(t, 0x9500, []byte{0, 0x80, 0x0f, 1, 2, 3})
	nic := begin(t, c, none)
	if nic.MAC() != [6]byte{0, 0x80, 0x0f, 1, 2, 3} {
		t.Errorf("address %x", nic.MAC())
	}
	for _, test := range []struct {
		partner uint16
		full    bool
		pause   bool
	}{
		{phy.AbilityCSMA | phy.Ability100Full | phy.Ability100Half | phy.AbilityPause, true, true},
		{phy.AbilityCSMA | phy.Ability100Half | phy.Ability10Full, false, false},
		{phy.AbilityCSMA | phy.Ability10Full | phy.Ability10Half, true, false},
		{phy.AbilityCSMA | phy.Ability10Half | phy.AbilityPause, false, false},
	} {
		c.setLink(false)
		waitLink(nic, false)
		c.mu.Lock()
		c.partner = test.partner
		c.mu.Unlock()
		c.setLink(true)
		waitLink(nic, true)
		c.mu.Lock()
		if full, own := c.regs[macControl]&macFullDuplex != 0, c.regs[macControl]&macReceiveOwn != 0; full != test.full || own == full || c.regs[flow]&flowPause != 0 != test.pause {
			t.Errorf("partner %#x: control %#x, flow %#x", test.partner, c.regs[macControl], c.regs[flow])
		}
		c.mu.Unlock()
	}
}

// A chip that does not come out of its reset, is another one, or has no address makes no card; an adapter does not get the board's.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(c *chip)
		want  error
	}{
		{"reset", func(c *chip) { c.deaf = true }, errReset},
		{"chip", func(c *chip) { c.regs[idRev] = 0x12340000 }, errChip},
		{"address", func(c *chip) {}, errAddress},
		{"endpoints", func(c *chip) { c.Configs[0][21] = 3 }, errEndpoints},
	} {
		said := make(chan error, 10)
		device.SetReporter(func(_ string, err error) { said <- err })
		c := newChip(t, 0x9500, nil)
		test.spoil(c)
		host := usbtest.NewHost()
		host.Plug(c.Device)
		usb.Start(host, Driver(board))
		if err := <-said; err != test.want || len(cards) != 0 {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		host.Close()
	}
	device.SetReporter(func(string, error) {})
}

// Whatever the card sends, frames lie within it.
func FuzzUnwrap(f *testing.F) {
	f.Add([]byte{0, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 6, 0, 1, 2, 3, 4, 5, 6, 0, 0})
	f.Add([]byte{0, 0, 0xff, 0x3f, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		framing{}.Unwrap(b, func(frame []byte) { total += len(frame) })
		if total > len(b) {
			t.Errorf("%d bytes of frames in %d", total, len(b))
		}
	})
}
