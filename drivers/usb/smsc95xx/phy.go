package smsc95xx

import "internal/mirage/clock"

// readPHY reads a register of the PHY: DS, 5.4.6.
func (c *card) readPHY(r uint32) (uint16, error) {
	if err := c.accessPHY(r, 0); err != nil {
		return 0, err
	}
	v, err := c.load(miiData)
	return uint16(v), err
}

// writePHY writes one.
func (c *card) writePHY(r uint32, v uint16) error {
	if err := c.wait(miiAccess, miiBusy, errPHY); err != nil {
		return err
	}
	if err := c.store(miiData, uint32(v)); err != nil {
		return err
	}
	return c.accessPHY(r, miiWrite)
}

// accessPHY begins an access when none is under way, and waits for its end: neither register may be written meanwhile.
func (c *card) accessPHY(r, write uint32) error {
	if err := c.wait(miiAccess, miiBusy, errPHY); err != nil {
		return err
	}
	if err := c.store(miiAccess, miiPHY|r<<miiRegisterShift|write|miiBusy); err != nil {
		return err
	}
	return c.wait(miiAccess, miiBusy, errPHY)
}

// startPHY has the PHY agree with the other side upon what both can: IEEE 802.3, 22.2.4.1 and 28.2.
func (c *card) startPHY() error {
	if err := c.writePHY(phyControl, controlReset); err != nil {
		return err
	}
	for tries := 0; ; tries++ {
		v, err := c.readPHY(phyControl)
		if err != nil {
			return err
		}
		if v&controlReset == 0 {
			break
		}
		if tries == 50 { // 22.2.4.1.1: half a second at most
			return errPHY
		}
		clock.Sleep(10 * clock.Millisecond)
	}
	if err := c.writePHY(phyAdvertise, abilitiesAll); err != nil {
		return err
	}
	return c.writePHY(phyControl, controlNegotiate|controlRestart)
}

// patience is how long the carrier is believed: a variable for tests, which have less.
var patience int64 = clock.Second

// watch looks after the carrier until the device is unplugged.
func (c *card) watch() {
	t, over := clock.NewTimer(0)
	defer t.Stop()
	for was := false; ; {
		select {
		case <-c.dev.Gone():
			return
		case <-over:
		}
		up, err := c.carrier()
		if err == nil && up != was {
			if !up || c.adapt() == nil {
				was = up
				c.ether.SetLink(up)
			}
		}
		t.Reset(patience)
	}
}

// carrier reports whether there is one, and what it is has been agreed upon. The status remembers that there was none: the second
// reading says what is now.
func (c *card) carrier() (bool, error) {
	if _, err := c.readPHY(phyStatus); err != nil {
		return false, err
	}
	v, err := c.readPHY(phyStatus)
	const both = statusLink | statusNegotiated
	return v&both == both, err
}

// adapt makes the MAC what has been agreed upon: IEEE 802.3, annex 28B.3; DS, 5.4.1 and 5.4.8.
func (c *card) adapt() error {
	partner, err := c.readPHY(phyPartner)
	if err != nil {
		return err
	}
	common := partner & abilitiesAll
	full := common&ability100Full != 0 || common&abilities100 == 0 && common&ability10Full != 0
	c.control = c.control&^(macFullDuplex|macReceiveOwn) | macReceiveOwn
	pause := uint32(0)
	if full {
		c.control = c.control&^macReceiveOwn | macFullDuplex
		if common&abilityPause != 0 {
			pause = flowPause | flowPauseTime
		}
	}
	if err := c.store(macControl, c.control); err != nil {
		return err
	}
	return c.store(flow, pause)
}
