//go:build !mirage

package watchdog

import (
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// A model takes no write without the password, and gives none back.
type model struct {
	t      *testing.T
	values [size / 4]uint32
	order  []uintptr
}

func (m *model) space() *mmiotest.Model {
	return &mmiotest.Model{
		Length: size,
		Read:   func(off uintptr, width int) uint32 { return m.values[off/4] },
		Write: func(off uintptr, width int, v uint32) {
			if width != 4 || v>>24 != 0x5a {
				m.t.Errorf("%#x written to %#x without the password", v, off)
			}
			m.values[off/4] = v & values
			m.order = append(m.order, off)
		},
	}
}

func TestSet(t *testing.T) {
	m := &model{t: t}
	m.values[rstc/4] = 0x102 // as after a reset, with bits that are not ours
	w, err := Open(m.space())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Set(2e9); err != nil {
		t.Fatal(err)
	}
	if got := m.values[wdog/4]; got != 2*65536 {
		t.Errorf("time is %d ticks, want %d", got, 2*65536)
	}
	if got := m.values[rstc/4]; got != 0x122 {
		t.Errorf("RSTC is %#x, want 0x122", got)
	}
	if m.order[0] != uintptr(wdog) {
		t.Error("it is on before it has the time")
	}
	w.Set(0)
	if got := m.values[rstc/4]; got != 0x102 {
		t.Errorf("RSTC is %#x, want 0x102", got)
	}
	for _, ns := range []int64{-1, Longest + 1} {
		if w.Set(ns) == nil {
			t.Errorf("%d ns are no error", ns)
		}
	}
}

// A restart is not the firmware's halt: partition 63.
func TestRestart(t *testing.T) {
	m := &model{t: t}
	m.values[rsts/4] = 0x1555
	w, _ := Open(m.space())
	w.Restart()
	if m.values[rsts/4] != 0x1000 || m.values[rstc/4]&config != fullReset || m.values[wdog/4] == 0 {
		t.Errorf("RSTS %#x, RSTC %#x, WDOG %d", m.values[rsts/4], m.values[rstc/4], m.values[wdog/4])
	}
}
