//go:build !mirage

package serial_test

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/drivers/serial"
	"internal/mirage/drivers/serial/ns16550"
	"internal/mirage/drivers/serial/pl011"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
	"sync"
	"sync/atomic"
	"testing"
)

var _ device.Console = (*serial.Console)(nil)

// A uart is a model of a serial port's FIFOs and interrupt, whose registers differ.
type uart struct {
	number uint32
	edge   bool

	mu       sync.Mutex
	received []byte // waiting to be read by the driver, 16 at most
	sent     []byte // in the FIFO, 16 at most
	out      []byte // gone
	enabled  uint32
	driven   bool
	scratch  byte
}

const (
	wantReceive  = 1
	wantTransmit = 2
)

// drive works out the interrupt. It is by edge or level; a level is told again until it ends.
func (u *uart) drive() {
	level := u.enabled&wantReceive != 0 && len(u.received) > 0 || u.enabled&wantTransmit != 0 && len(u.sent) == 0
	if level && (!u.driven || !u.edge) {
		irq.Fire(u.number)
	}
	u.driven = level
}

// feed is bytes coming in: it returns how many the FIFO took.
func (u *uart) feed(b []byte) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := min(len(b), 16-len(u.received))
	u.received = append(u.received, b[:n]...)
	u.drive()
	return n
}

// drain sends what is in the FIFO, and returns all that was ever sent.
func (u *uart) drain() []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.out = append(u.out, u.sent...)
	u.sent = nil
	u.drive()
	return bytes.Clone(u.out)
}

func (u *uart) get() (b byte) {
	if len(u.received) > 0 {
		b = u.received[0]
		u.received = u.received[1:]
	}
	u.drive()
	return b
}

func (u *uart) put(t *testing.T, b byte) {
	if len(u.sent) == 16 {
		t.Error("a byte was sent to a full FIFO")
		return
	}
	u.sent = append(u.sent, b)
	u.drive()
}

func flag(on bool, v uint32) uint32 {
	if on {
		return v
	}
	return 0
}

// ns16550 gives u the registers of a PC16550D.
func (u *uart) ns16550(t *testing.T) mmio.Space {
	u.edge = true
	return &mmiotest.Model{Length: 8, Read: func(off uintptr, width int) uint32 {
		u.mu.Lock()
		defer u.mu.Unlock()
		switch off {
		case 0:
			return uint32(u.get())
		case 5:
			return flag(len(u.received) > 0, 1) | flag(len(u.sent) == 0, 0x60)
		case 7:
			return uint32(u.scratch)
		}
		return 0
	}, Write: func(off uintptr, width int, v uint32) {
		u.mu.Lock()
		defer u.mu.Unlock()
		switch off {
		case 0:
			u.put(t, byte(v))
		case 1:
			u.enabled = v & 3
			u.drive()
		case 7:
			u.scratch = byte(v)
		}
	}}
}

// pl011 gives u the registers of a PL011.
func (u *uart) pl011(t *testing.T) mmio.Space {
	return &mmiotest.Model{Length: 0x1000, Read: func(off uintptr, width int) uint32 {
		u.mu.Lock()
		defer u.mu.Unlock()
		switch off {
		case 0:
			return 0xf00 | uint32(u.get()) // with errors
		case 0x18:
			return flag(len(u.received) == 0, 1<<4) | flag(len(u.sent) == 16, 1<<5)
		}
		return 0
	}, Write: func(off uintptr, width int, v uint32) {
		u.mu.Lock()
		defer u.mu.Unlock()
		switch off {
		case 0:
			u.put(t, byte(v))
		case 0x38:
			u.enabled = flag(v&0x50 == 0x50, wantReceive) | flag(v&0x20 != 0, wantTransmit)
			u.drive()
		}
	}}
}

var inputs atomic.Uint32

func each(t *testing.T, f func(t *testing.T, u *uart, c *serial.Console)) {
	t.Run("ns16550", func(t *testing.T) {
		u := &uart{number: 4000 + inputs.Add(1)}
		c, err := ns16550.Open("ttyS0", u.ns16550(t), irq.Input{Number: u.number})
		if err != nil {
			t.Fatal(err)
		}
		f(t, u, c)
	})
	t.Run("pl011", func(t *testing.T) {
		u := &uart{number: 4000 + inputs.Add(1)}
		c, err := pl011.Open("ttyAMA0", u.pl011(t), irq.Input{Number: u.number, Level: true})
		if err != nil {
			t.Fatal(err)
		}
		f(t, u, c)
	})
}

func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

// All that comes in is read, in order, also when nobody reads for a while and the port has to hold the sender up.
func TestRead(t *testing.T) {
	each(t, func(t *testing.T, u *uart, c *serial.Console) {
		want := text(5000)
		stuck := make(chan struct{})
		var once sync.Once
		go func() {
			for rest, idle := want, 0; len(rest) > 0; {
				n := u.feed(rest)
				rest = rest[n:]
				if idle++; n > 0 {
					idle = 0
				} else if idle == 1000 {
					once.Do(func() { close(stuck) }) // the driver takes no more
				}
			}
		}()
		<-stuck
		var got []byte
		for p := make([]byte, 300); len(got) < len(want); {
			n, err := c.Read(p)
			if n == 0 || err != nil {
				t.Fatal(n, err)
			}
			got = append(got, p[:n]...)
		}
		if !bytes.Equal(got, want) {
			t.Error("not what was sent")
		}
	})
}

// All that is written goes out, in order, whatever the pace.
func TestWrite(t *testing.T) {
	each(t, func(t *testing.T, u *uart, c *serial.Console) {
		want := text(3000)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if n, err := c.Write(want); n != len(want) || err != nil {
				t.Error(n, err)
			}
		}()
		var got []byte
		for len(got) < len(want) {
			got = u.drain()
		}
		<-done
		if !bytes.Equal(got, want) {
			t.Error("not what was written")
		}
		if u.enabled != wantReceive {
			t.Errorf("interrupts %d stay enabled", u.enabled)
		}
	})
}

func TestBothWays(t *testing.T) {
	each(t, func(t *testing.T, u *uart, c *serial.Console) {
		var wg sync.WaitGroup
		wg.Go(func() { c.Write(text(2000)) })
		wg.Go(func() {
			p := make([]byte, 64)
			for n := 0; n < 2000; {
				k, _ := c.Read(p)
				n += k
			}
		})
		for rest := text(2000); len(rest) > 0 || len(u.drain()) < 2000; {
			rest = rest[u.feed(rest):]
		}
		wg.Wait()
	})
}

func TestNoPort(t *testing.T) {
	for _, v := range []uint32{0xff, 0} {
		nothing := &mmiotest.Model{Length: 8, Read: func(uintptr, int) uint32 { return v }, Write: func(uintptr, int, uint32) {}}
		if _, err := ns16550.Open("", nothing, irq.Input{Number: 4999}); err != ns16550.ErrNone {
			t.Error(err)
		}
	}
	if _, err := pl011.Open("", make(mmiotest.Bytes, 8), irq.Input{Number: 4999}); err == nil {
		t.Error("a PL011 of 8 bytes")
	}
}
