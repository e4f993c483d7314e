//go:build !mirage

package i2c

import (
	"errors"
	"testing"
)

// A fake controller has a chip at address 0x76 that answers with what it was asked.
type fake struct {
	hz  uint32
	was []byte
}

func (f *fake) SetSpeed(hz uint32) error { f.hz = hz; return nil }
func (f *fake) transfer(addr uint16, w, r []byte) error {
	if addr != 0x76 {
		return ErrNoChip
	}
	f.was = append(f.was, w...)
	copy(r, w)
	return nil
}

func TestBus(t *testing.T) {
	if _, err := Open(1); !errors.Is(err, ErrNone) {
		t.Errorf("without a controller: %v", err)
	}
	f := new(fake)
	find = func(number int) controller {
		if number == 1 {
			return f
		}
		return nil
	}
	t.Cleanup(func() { find = func(int) controller { return nil } })
	if _, err := Open(2); !errors.Is(err, ErrNone) {
		t.Errorf("bus 2: %v", err)
	}
	bus, err := Open(1)
	if err != nil || bus.String() != "I2C1" {
		t.Fatal(bus, err)
	}
	chip := &Dev{Bus: bus, Addr: 0x76}
	got := make([]byte, 2)
	if err := chip.Tx([]byte{1, 2}, got); err != nil || got[1] != 2 || chip.String() != "I2C1(0x76)" {
		t.Error(err, got, chip)
	}
	if n, err := chip.Write([]byte{3}); n != 1 || err != nil || len(f.was) != 3 {
		t.Error(n, err, f.was)
	}
	if n, err := (&Dev{Bus: bus, Addr: 1}).Write([]byte{3}); n != 0 || !errors.Is(err, ErrNoChip) || err.Error() != "I2C1, address 0x01: i2c: no chip answers at that address" {
		t.Error(n, err)
	}
	if err := chip.Tx(nil, nil); err != nil {
		t.Error(err)
	}
	if bus.SetSpeed(400_000) != nil || f.hz != 400_000 || bus.SetSpeed(0) == nil || bus.SetSpeed(1<<32) == nil {
		t.Error(f.hz)
	}
}
