// Package phy agrees with the other end of a cable by a transceiver whose registers are those of IEEE 802.3, clause 22. Drivers of
// network cards call it; how its registers are reached is theirs to know. It sets nothing that only one chip has.
package phy

import (
	"errors"
	"internal/mirage/clock"
)

var (
	errReset   = errors.New("phy: it does not come out of its reset")
	errMissing = errors.New("phy: there is none at its address")
)

// A PHY is how a transceiver's registers are reached.
type PHY interface {
	ReadPHY(register uint8) (uint16, error)
	WritePHY(register uint8, v uint16) error
}

// Registers: IEEE 802.3, table 22-6.
const (
	Control           = 0
	Status            = 1
	Identifier        = 2 // and 3
	Advertise         = 4
	Partner           = 5
	GigabitControl    = 9  // 40.5.1.1
	GigabitStatus     = 10 // likewise
	ControlReset      = 1 << 15
	ControlNegotiate  = 1 << 12
	ControlRestart    = 1 << 9 // clears itself
	StatusNegotiated  = 1 << 5
	StatusLink        = 1 << 2 // remembers that it was down until it is read
	AbilityCSMA       = 1 << 0 // of Advertise and Partner: 28.2.1.2, annex 28B
	Ability10Half     = 1 << 5
	Ability10Full     = 1 << 6
	Ability100Half    = 1 << 7
	Ability100Full    = 1 << 8
	AbilityPause      = 1 << 10
	GigabitHalf       = 1 << 8 // of GigabitControl; of GigabitStatus 2 bits higher
	GigabitFull       = 1 << 9
	gigabitStatusMove = 2

	abilities = AbilityCSMA | Ability10Half | Ability10Full | Ability100Half | Ability100Full | AbilityPause
)

// A Mode is what both ends can do best.
type Mode struct {
	Mbits int
	Full  bool // duplex
	Pause bool // both heed pause frames
}

// Start resets the transceiver, and has it agree with the other end upon what both can: 22.2.4.1 and 28.2. gigabit says that the
// card can do so much.
func Start(p PHY, gigabit bool) error {
	id, err := p.ReadPHY(Identifier)
	if err != nil {
		return err
	}
	if id == 0xffff || id == 0 { // nobody drives the wire: 22.2.4.3.1
		return errMissing
	}
	if err := p.WritePHY(Control, ControlReset); err != nil {
		return err
	}
	for tries := 0; ; tries++ {
		v, err := p.ReadPHY(Control)
		if err != nil {
			return err
		}
		if v&ControlReset == 0 {
			break
		}
		if tries == 50 { // 22.2.4.1.1: half a second at most
			return errReset
		}
		clock.Sleep(10 * clock.Millisecond)
	}
	if err := p.WritePHY(Advertise, abilities); err != nil {
		return err
	}
	if gigabit {
		if err := p.WritePHY(GigabitControl, GigabitHalf|GigabitFull); err != nil {
			return err
		}
	}
	return p.WritePHY(Control, ControlNegotiate|ControlRestart)
}

// Link reports whether there is a carrier and both ends have agreed, and upon what.
func Link(p PHY, gigabit bool) (m Mode, up bool, err error) {
	if _, err := p.ReadPHY(Status); err != nil { // what it remembers
		return m, false, err
	}
	v, err := p.ReadPHY(Status)
	if err != nil || v&(StatusLink|StatusNegotiated) != StatusLink|StatusNegotiated {
		return m, false, err
	}
	partner, err := p.ReadPHY(Partner)
	if err != nil {
		return m, false, err
	}
	fast := uint16(0)
	if gigabit {
		if fast, err = p.ReadPHY(GigabitStatus); err != nil {
			return m, false, err
		}
		fast >>= gigabitStatusMove
	}
	return agreed(partner, fast), true, nil
}

// agreed is the best of what the other end can, all of which this one can: annex 28B.3.
func agreed(partner, fast uint16) Mode {
	m := Mode{Mbits: 10}
	switch {
	case fast&(GigabitHalf|GigabitFull) != 0:
		m.Mbits, m.Full = 1000, fast&GigabitFull != 0
	case partner&(Ability100Half|Ability100Full) != 0:
		m.Mbits, m.Full = 100, partner&Ability100Full != 0
	default:
		m.Full = partner&Ability10Full != 0
	}
	m.Pause = m.Full && partner&AbilityPause != 0 // 28B.3: pausing is for full duplex
	return m
}

// Watch asks each interval (nanoseconds) how the link is, and calls changed when that is news, until done is closed. What changed
// fails at is tried again.
func Watch(p PHY, gigabit bool, interval int64, done <-chan struct{}, changed func(m Mode, up bool) error) {
	t, over := clock.NewTimer(0)
	defer t.Stop()
	var was Mode // its zero: no carrier
	for {
		select {
		case <-done:
			return
		case <-over:
		}
		m, up, err := Link(p, gigabit)
		if err == nil && m != was && changed(m, up) == nil {
			was = m
		}
		t.Reset(interval)
	}
}
