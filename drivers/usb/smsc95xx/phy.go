package smsc95xx

import (
	"internal/mirage/clock"
	"internal/mirage/drivers/phy"
)

// patience is how long the carrier is believed: a variable for tests, which have less.
var patience int64 = clock.Second

// ReadPHY implements phy.PHY: DS, 5.4.6.
func (c *card) ReadPHY(r uint8) (uint16, error) {
	if err := c.accessPHY(r, 0); err != nil {
		return 0, err
	}
	v, err := c.load(miiData)
	return uint16(v), err
}

// WritePHY implements phy.PHY.
func (c *card) WritePHY(r uint8, v uint16) error {
	if err := c.wait(miiAccess, miiBusy, errPHY); err != nil {
		return err
	}
	if err := c.store(miiData, uint32(v)); err != nil {
		return err
	}
	return c.accessPHY(r, miiWrite)
}

// accessPHY begins an access when none is under way, and waits for its end: neither register may be written meanwhile.
func (c *card) accessPHY(r uint8, write uint32) error {
	if err := c.wait(miiAccess, miiBusy, errPHY); err != nil {
		return err
	}
	if err := c.store(miiAccess, miiPHY|uint32(r)<<miiRegisterShift|write|miiBusy); err != nil {
		return err
	}
	return c.wait(miiAccess, miiBusy, errPHY)
}

// linkChanged makes the MAC what has been agreed upon: DS, 5.4.1 and 5.4.8.
func (c *card) linkChanged(m phy.Mode, up bool) error {
	if up {
		c.control = c.control&^macFullDuplex | macReceiveOwn
		pause := uint32(0)
		if m.Full {
			c.control = c.control&^macReceiveOwn | macFullDuplex
		}
		if m.Pause {
			pause = flowPause | flowPauseTime
		}
		if err := c.store(macControl, c.control); err != nil {
			return err
		}
		if err := c.store(flow, pause); err != nil {
			return err
		}
	}
	c.ether.SetLink(up)
	return nil
}
