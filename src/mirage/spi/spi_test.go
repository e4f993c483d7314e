//go:build !mirage

package spi

import (
	"bytes"
	"errors"
	"testing"
)

// A fake controller sends back what it gets.
type fake struct {
	chip int
	hz   uint32
	mode Mode
	sent []byte
}

func (f *fake) Chips() int { return 2 }
func (f *fake) transfer(chip int, hz uint32, m Mode, all []Packet) error {
	f.chip, f.hz, f.mode = chip, hz, m
	for _, p := range all {
		f.sent = append(f.sent, p.W...)
		copy(p.R, p.W)
	}
	return nil
}

func TestPort(t *testing.T) {
	if _, err := Open(0, 0); !errors.Is(err, ErrNone) {
		t.Errorf("without a controller: %v", err)
	}
	f := new(fake)
	find = func(number int) controller {
		if number == 0 {
			return f
		}
		return nil
	}
	t.Cleanup(func() { find = func(int) controller { return nil } })
	for _, no := range [][2]int{{1, 0}, {0, 2}, {0, -1}} {
		if _, err := Open(no[0], no[1]); !errors.Is(err, ErrNone) {
			t.Errorf("%v: %v", no, err)
		}
	}
	port, err := Open(0, 1)
	if err != nil || port.String() != "SPI0.1" {
		t.Fatal(port, err)
	}
	for _, bad := range []struct {
		hz   int64
		mode Mode
		bits int
	}{{0, Mode0, 8}, {1 << 32, Mode0, 8}, {1e6, HalfDuplex, 8}, {1e6, 0x20, 8}, {1e6, Mode0, 16}} {
		if _, err := port.Connect(bad.hz, bad.mode, bad.bits); err == nil {
			t.Errorf("%+v is a connection", bad)
		}
	}
	c, err := port.Connect(1e6, Mode3|LSBFirst, 8)
	if err != nil {
		t.Fatal(err)
	}
	w, r := []byte{1, 0xf0}, make([]byte, 2)
	if err := c.Tx(w, r); err != nil || !bytes.Equal(f.sent, []byte{0x80, 0x0f}) || !bytes.Equal(r, w) || w[0] != 1 {
		t.Error(err, f.sent, r)
	}
	if f.chip != 1 || f.hz != 1e6 || f.mode != Mode3|LSBFirst {
		t.Errorf("%+v", f)
	}
	if c.Tx(w, r[:1]) == nil || c.TxPackets([]Packet{{W: w, BitsPerWord: 9}}) == nil {
		t.Error("nonsense is no error")
	}
}
