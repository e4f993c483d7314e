//go:build !mirage

package phy

import (
	"errors"
	"testing"
)

// chip is a model of a transceiver, which checks what a driver must not do.
type chip struct {
	t         *testing.T
	regs      [32]uint16
	resetting int // readings until the reset is over
	slow      bool
	link      bool
	wasDown   bool
	fails     error
}

func (c *chip) ReadPHY(r uint8) (uint16, error) {
	v := c.regs[r]
	switch r {
	case Control:
		if c.resetting > 0 && !c.slow {
			c.resetting--
		}
		if c.resetting > 0 {
			v |= ControlReset
		}
	case Status:
		v = StatusNegotiated
		if c.link && !c.wasDown {
			v |= StatusLink
		}
		c.wasDown = !c.link
	}
	return v, c.fails
}

func (c *chip) WritePHY(r uint8, v uint16) error {
	if c.resetting > 0 {
		c.t.Errorf("register %d is written while a reset is under way", r)
	}
	if r == Control && v&ControlReset != 0 {
		c.regs = [32]uint16{Identifier: c.regs[Identifier]}
		c.resetting = 3
	}
	if r == Control && v&ControlRestart != 0 && c.regs[Advertise]&31 != AbilityCSMA {
		c.t.Errorf("the other end is told %#x", c.regs[Advertise])
	}
	c.regs[r] = v &^ ControlReset
	return nil
}

// 22.2.4.1 and 28.2: reset, say what we can, begin. The status is read twice, for it remembers (22.2.4.2.13).
func TestStart(t *testing.T) {
	c := &chip{t: t, link: true, wasDown: true, regs: [32]uint16{Identifier: 0x600d}}
	if err := Start(c, true); err != nil {
		t.Fatal(err)
	}
	if c.regs[Advertise] != abilities || c.regs[GigabitControl] != GigabitFull|GigabitHalf || c.regs[Control] != ControlNegotiate|ControlRestart {
		t.Errorf("registers %x", c.regs)
	}
	c.regs[Partner] = Ability100Full
	if m, up, err := Link(c, false); !up || err != nil || m != (Mode{100, true, false}) {
		t.Error(m, up, err)
	}
	c.link = false
	if _, up, _ := Link(c, false); up {
		t.Error("no carrier is one")
	}
	c.fails = errors.New("no answer")
	if _, up, err := Link(c, true); up || err != c.fails {
		t.Error(up, err)
	}
}

func TestRefused(t *testing.T) {
	if err := Start(&chip{t: t, regs: [32]uint16{Identifier: 0xffff}}, false); err != errMissing {
		t.Error(err)
	}
	if err := Start(&chip{t: t, slow: true, regs: [32]uint16{Identifier: 1}}, false); err != errReset {
		t.Error(err)
	}
}

// Annex 28B.3: the priorities.
func TestAgreed(t *testing.T) {
	for _, test := range []struct {
		partner, fast uint16
		want          Mode
	}{
		{Ability100Full | AbilityPause, GigabitFull | GigabitHalf, Mode{1000, true, true}},
		{Ability100Full, GigabitHalf, Mode{1000, false, false}},
		{Ability100Full | Ability100Half | Ability10Full, 0, Mode{100, true, false}},
		{Ability100Half | Ability10Full | AbilityPause, 0, Mode{100, false, false}},
		{Ability10Full | AbilityPause, 0, Mode{10, true, true}},
		{0, 0, Mode{10, false, false}},
	} {
		if got := agreed(test.partner, test.fast); got != test.want {
			t.Errorf("%#x, %#x: %+v, want %+v", test.partner, test.fast, got, test.want)
		}
	}
}

// Watch tells of each change once, and of one that could not be dealt with again.
func TestWatch(t *testing.T) {
	c := &chip{t: t, link: true}
	c.regs[Partner] = Ability100Full
	done, told, tries := make(chan struct{}), make(chan Mode), 0
	go Watch(c, false, 1e6, done, func(m Mode, up bool) error {
		if tries++; tries == 1 {
			return errors.New("not now")
		}
		told <- m
		return nil
	})
	if m := <-told; m != (Mode{100, true, false}) {
		t.Error(m)
	}
	close(done)
}
