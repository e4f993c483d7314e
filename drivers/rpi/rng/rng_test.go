//go:build !mirage

package rng

import (
	"bytes"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// model is a source whose words are what next says; there is one each other time that it is asked.
func model(t *testing.T, is200 bool, next func() uint32) *mmiotest.Model {
	on, asked, there := false, 0, false
	return &mmiotest.Model{
		Length: size,
		Read: func(off uintptr, width int) uint32 {
			countAt, dataAt, shift := uintptr(status), uintptr(data), 24
			if is200 {
				countAt, dataAt, shift = uintptr(count200), uintptr(data200), 0
			}
			switch off {
			case countAt:
				if asked++; on && asked%2 == 0 {
					there = true
					return 3 << shift
				}
			case dataAt:
				if !there {
					t.Error("a word is read that is not there")
				}
				there = false
				return next()
			}
			return 0
		},
		Write: func(off uintptr, width int, v uint32) {
			switch off {
			case uintptr(control):
				on = v&1 != 0
			case uintptr(status):
				if on || is200 || v != discard {
					t.Errorf("%#x numbers to discard", v)
				}
			}
		},
	}
}

func TestRead(t *testing.T) {
	for _, is200 := range []bool{false, true} {
		v := uint32(0x03020100)
		s, err := Open(model(t, is200, func() uint32 { v += 0x04040404; return v }), is200)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 7)
		if n, err := s.Read(got); n != 7 || err != nil || !bytes.Equal(got, []byte{4, 5, 6, 7, 8, 9, 10}) {
			t.Errorf("%d, %v, %x", n, err, got)
		}
	}
}

func TestStuck(t *testing.T) {
	s, _ := Open(model(t, false, func() uint32 { return 42 }), false)
	if _, err := s.Read(make([]byte, 64)); err != errSame {
		t.Error(err)
	}
}
