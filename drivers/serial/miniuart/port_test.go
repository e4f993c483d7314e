//go:build !mirage

package miniuart

import (
	"internal/mirage/irq"
	"internal/mirage/mmio/mmiotest"
	"sync"
	"testing"
)

// A uart is a model: FIFOs of eight bytes, and an interrupt as long as there is a reason that is wanted.
type uart struct {
	mu      sync.Mutex
	t       *testing.T
	enabled uint32
	in, out []byte
	sent    chan byte
}

const input = 4242

func (u *uart) drive() {
	if u.enabled&wantReceive != 0 && len(u.in) > 0 || u.enabled&wantTransmit != 0 && len(u.out) < 8 {
		irq.Fire(input)
	}
}

func (u *uart) read(off uintptr, width int) (v uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch off {
	case uintptr(data):
		if len(u.in) == 0 {
			u.t.Error("a byte is read that is not there")
			return 0
		}
		v, u.in = uint32(u.in[0]), u.in[1:]
	case uintptr(lineState):
		if len(u.in) > 0 {
			v |= received
		}
		if len(u.out) < 8 {
			v |= hasRoom
		}
	}
	return v
}

func (u *uart) write(off uintptr, width int, v uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch off {
	case uintptr(data):
		if len(u.out) == 8 {
			u.t.Error("a byte is written that has no room")
		}
		u.out = append(u.out, byte(v))
	case uintptr(enable):
		u.enabled = v
		if v&wantTransmit != 0 { // the driver waits: the line takes all
			for _, b := range u.out {
				u.sent <- b
			}
			u.out = nil
		}
	}
	u.drive()
}

func TestConsole(t *testing.T) {
	u := &uart{t: t, sent: make(chan byte, 1000)}
	c, err := Open("ttyS0", &mmiotest.Model{Length: registers, Read: u.read, Write: u.write}, irq.Input{Number: input, Level: true})
	if err != nil {
		t.Fatal(err)
	}
	text := "a line that is much longer than the eight bytes of the FIFO\n"
	if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatal(n, err)
	}
	u.mu.Lock()
	rest := string(u.out)
	u.mu.Unlock()
	got := ""
	for len(got)+len(rest) < len(text) {
		got += string(rune(<-u.sent))
	}
	if got+rest != text {
		t.Errorf("%q", got+rest)
	}
	u.mu.Lock()
	u.in = append(u.in, "typed"...)
	u.drive()
	u.mu.Unlock()
	b := make([]byte, 10)
	for n := 0; n < 5; {
		k, err := c.Read(b[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += k
	}
	if string(b[:5]) != "typed" {
		t.Errorf("%q", b)
	}
}
