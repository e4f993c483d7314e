//go:build !mirage

package gpio

import (
	"slices"
	"testing"
	"time"
)

// A fake controller notes what is done to it, in order.
type fake struct {
	done     []string
	function [4]uint8
	level    [4]bool
	seen     func()
}

func (f *fake) Count() int             { return 4 }
func (f *fake) Function(pin int) uint8 { return f.function[pin] }
func (f *fake) SetFunction(pin int, n uint8) {
	f.function[pin] = n
	f.done = append(f.done, "function")
}
func (f *fake) Level(pin int) bool          { return f.level[pin] }
func (f *fake) SetLevel(pin int, high bool) { f.level[pin] = high; f.done = append(f.done, "level") }
func (f *fake) setPull(pin int, p Pull)     { f.done = append(f.done, "pull") }
func (f *fake) PWM(pin int, period, duty int64) error {
	f.done = append(f.done, (time.Duration(duty) * 1).String())
	return nil
}
func (f *fake) watch(pin int, e Edge, seen func()) error { f.seen = seen; return nil }

func use(t *testing.T) *fake {
	f := new(fake)
	find = func() controller { return f }
	t.Cleanup(func() { find = func() controller { return nil }; pins.all = nil })
	return f
}

func TestPin(t *testing.T) {
	if _, err := Open(1); err != ErrNone {
		t.Errorf("without a controller: %v", err)
	}
	f := use(t)
	for _, n := range []int{-1, 4} {
		if _, err := Open(n); err == nil {
			t.Errorf("pin %d opens", n)
		}
	}
	p, err := Open(3)
	if err != nil || p.Name() != "GPIO3" || p.Function() != "In" {
		t.Fatal(p, err)
	}
	if again, _ := Open(3); again != p {
		t.Error("a pin is two")
	}
	// An output has its level before it drives.
	if p.Out(High); !slices.Equal(f.done, []string{"level", "function"}) || p.Read() != High || p.Function() != "Out" {
		t.Error(f.done, p.Read())
	}
	f.done = nil
	if err := p.PWM(0.25, 20*time.Millisecond); err != nil || f.done[0] != "5ms" {
		t.Error(err, f.done)
	}
	if p.PWM(1.5, time.Second) == nil || p.In(9, NoEdge) == nil {
		t.Error("nonsense is no error")
	}
}

func TestEdges(t *testing.T) {
	f := use(t)
	p, _ := Open(0)
	if err := p.In(PullUp, BothEdges); err != nil {
		t.Fatal(err)
	}
	if p.WaitForEdge(0) {
		t.Error("an edge that never was")
	}
	f.seen()
	f.seen()
	if !p.WaitForEdge(-1) || p.WaitForEdge(0) {
		t.Error("two edges that nobody waited for are not one")
	}
	f.seen()
	p.In(PullUp, BothEdges)
	if p.WaitForEdge(0) {
		t.Error("an edge from before")
	}
}
