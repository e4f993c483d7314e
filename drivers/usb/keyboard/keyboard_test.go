//go:build !mirage

package keyboard

import (
	"internal/mirage/device"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"sync"
	"testing"
)

// A board is a model of a keyboard: HID, appendix B and F.5. It wants to be told to use the boot protocol, and reports what changes.
type board struct {
	*usbtest.Device
	t *testing.T

	mu      sync.Mutex
	boot    bool
	noIdle  bool // it does not know the request
	reports [][]byte
	lights  chan byte
}

func newBoard(t *testing.T) *board {
	b := &board{t: t, lights: make(chan byte, 10)}
	b.Device = &usbtest.Device{
		Speed:      usb.Low,
		Descriptor: []byte{18, 1, 0x10, 1, 0, 0, 0, 8, 0x27, 6, 1, 0, 0, 0, 1, 4, 0, 1},
		Configs: [][]byte{{
			9, 2, 34, 0, 1, 1, 0, 0xa0, 50,
			9, 4, 0, 0, 1, 3, 1, 1, 0,
			9, 0x21, 0x11, 1, 0, 1, 0x22, 63, 0,
			7, 5, 0x81, 3, 8, 0, 10,
		}},
	}
	b.Class, b.In = b.class, b.report
	return b
}

func (b *board) class(s [8]byte, out []byte) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case s[0] == 0x21 && s[1] == setProtocol && s[2] == 0:
		b.boot = true
		return nil, nil
	case s[0] == 0x21 && s[1] == setIdle && s[3] == 0 && !b.noIdle:
		return nil, nil
	case s[0] == 0x21 && s[1] == setReport && s[2] == 0 && s[3] == 2 && len(out) == 1:
		b.lights <- out[0]
		return nil, nil
	}
	return nil, usb.ErrStall
}

func (b *board) report(uint8) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.reports) == 0 {
		return nil, usb.ErrNothing
	}
	if !b.boot {
		b.t.Error("reports are asked for before the boot protocol is chosen")
	}
	r := b.reports[0]
	b.reports = b.reports[1:]
	return r, nil
}

// press reports modifiers and keys, and then that nothing is down.
func (b *board) press(modifiers byte, keys ...byte) {
	b.mu.Lock()
	b.reports = append(b.reports, append([]byte{modifiers, 0}, append(keys, 0, 0, 0, 0, 0, 0)[:6]...), make([]byte, 8))
	b.mu.Unlock()
}

var keyboards = func() chan device.Keyboard {
	c := make(chan device.Keyboard, 10)
	device.EachKeyboard(func(k device.Keyboard) { c <- k })
	return c
}()

func plug(b *board) (*usbtest.Host, device.Keyboard) {
	host := usbtest.NewHost()
	host.Plug(b.Device)
	usb.Start(host, Driver)
	return host, <-keyboards
}

// read reads n bytes of what is typed.
func read(k device.Keyboard, n int) string {
	text := ""
	for buf := make([]byte, 3); len(text) < n; {
		text += string(buf[:k.Read(buf)])
	}
	return text
}

func TestKeyboard(t *testing.T) {
	b := newBoard(t)
	b.noIdle = true
	host, k := plug(b)
	b.press(2, 0x0b)       // H
	b.press(0, 0x08, 0x0f) // e and l in one report
	b.press(0, 0x0f)
	b.press(0, 0x12)
	b.press(0x20, 0x1e)
	b.press(0, 0x28)
	if got := read(k, 7); got != "Hello!\r" {
		t.Errorf("%q", got)
	}
	// Caps Lock has a light, and is for letters alone.
	b.press(0, keyCapsLock)
	if on := <-b.lights; on != ledCapsLock {
		t.Errorf("lights %#x", on)
	}
	b.press(0, 0x04, 0x1e)
	b.press(2, 0x04)
	b.press(0, keyCapsLock)
	if off := <-b.lights; off != 0 {
		t.Errorf("lights %#x", off)
	}
	b.press(0, 0x04)
	if got := read(k, 4); got != "A1aa" {
		t.Errorf("%q", got)
	}
	usbtest.NoFaults(t, b.Device)
	// Unplugged it ends what is read.
	host.Plug(nil)
	if n := k.Read(make([]byte, 3)); n != 0 {
		t.Errorf("%d bytes of a keyboard that is gone", n)
	}
	host.Close()
}

// Ctrl-Alt-Delete asks the program to end, and types nothing.
func TestEnd(t *testing.T) {
	asked := make(chan bool, 10)
	device.OnShutdown(func() { asked <- true })
	b := newBoard(t)
	host, k := plug(b)
	b.press(1|4, keyDelete)
	b.press(0, 0x04)
	if got := read(k, 1); got != "a" || !<-asked {
		t.Errorf("%q", got)
	}
	host.Close()
}

// xterm's ctlseqs; termios(3).
func TestTyped(t *testing.T) {
	for _, c := range []struct {
		key, modifiers uint8
		want           string
	}{
		{0x04, 0, "a"}, {0x1d, shift, "Z"}, {0x27, 0, "0"}, {0x27, shift, ")"}, {0x28, 0, "\r"}, {0x29, 0, "\x1b"}, {0x2a, 0, "\x7f"},
		{0x2b, 0, "\t"}, {0x2b, shift, "\x1b[Z"}, {0x2c, 0, " "}, {0x38, 0, "/"}, {0x38, shift, "?"}, {0x34, shift, "\""}, {0x31, 0, "\\"},
		{0x06, 1, "\x03"}, {0x06, 1<<4 | 2, "\x03"}, {0x31, 1, "\x1c"}, {0x1f, 1, "\x00"}, {0x38, 1, "\x1f"}, {0x1e, 1, "1"},
		{0x04, 4, "\x1ba"}, {0x04, 5, "\x1b\x01"}, {0x52, 0, "\x1b[A"}, {0x45, 0, "\x1b[24~"}, {0x59, 0, "1"}, {0x62, 0, "0"}, {0x63, 0, "."},
		{0x58, 0, "\r"}, {0x64, shift, "|"}, {0x53, 0, ""}, {0x65, 0, ""}, {0xff, 0, ""}, {0, 0, ""}, {3, 0, ""}, {0x39, 0, ""},
	} {
		if got := typed(c.key, c.modifiers, false); got != c.want {
			t.Errorf("key %#x with %#x: %q, want %q", c.key, c.modifiers, got, c.want)
		}
	}
}

// A key that is held down is pressed once, and is held until it is let go; a report of too many changes nothing. HID, appendix C.
func TestState(t *testing.T) {
	var s state
	for i, step := range []struct {
		report  []byte
		last    uint8
		pressed string
		held    bool
	}{
		{[]byte{0, 0, 4, 0, 0, 0, 0, 0}, 0, "\x04", false},
		{[]byte{0, 0, 4, 0, 0, 0, 0, 0}, 4, "", true},
		{[]byte{0, 0, 5, 4, 0, 0, 0, 0}, 4, "\x05", true},
		{[]byte{0, 0, 1, 1, 1, 1, 1, 1}, 5, "", false},
		{[]byte{0, 0, 5, 4, 0, 0, 0, 0}, 0, "", false},
		{[]byte{0, 0, 5, 0, 0, 0, 0, 0}, 4, "", false},
		{[]byte{0, 0, 5, 4, 3, 2, 0}, 5, "", false}, // too short
		{[]byte{0, 0, 5, 4, 3, 2, 0, 6}, 5, "\x04\x06", true},
	} {
		pressed, held := s.next(step.report, step.last)
		if string(pressed) != step.pressed || held != step.held {
			t.Errorf("step %d: %x, held %v", i, pressed, held)
		}
	}
}

// Whatever is reported, what is typed is bounded and whole.
func FuzzReports(f *testing.F) {
	f.Add([]byte{2, 0, 0x0b, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var s state
		for len(b) > 0 {
			n := min(len(b), reportSize)
			pressed, _ := s.next(b[:n], 4)
			b = b[n:]
			for _, k := range pressed {
				if text := typed(k, s.modifiers, len(b)&1 != 0); len(text) > 8 || k < keyFirst {
					t.Errorf("key %#x types %q", k, text)
				}
			}
		}
	})
}
