package sd

import "internal/mirage/device"

// attempts is how often blocks are moved before the card is given up.
const attempts = 3

// move moves p, in as few commands as there may be.
func (c *Card) move(p []byte, off int64, what Command) error {
	if off < 0 || off%BlockSize != 0 || len(p)%BlockSize != 0 || off > c.bytes || int64(len(p)) > c.bytes-off {
		return device.ErrRange
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		n := min(len(p), MaxBlocks*BlockSize)
		if err := c.moveBlocks(p[:n], off, what); err != nil {
			return err
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// moveBlocks does one command, again if it fails, with the lock held.
func (c *Card) moveBlocks(p []byte, off int64, what Command) (err error) {
	if c.failed {
		return device.ErrGone
	}
	for range attempts {
		if err = c.moveOnce(p, off, what); err == nil {
			return nil
		}
		if c.recover() != nil {
			c.failed = true
			device.Report(c.Name(), err)
			return device.ErrGone
		}
	}
	return device.ErrIO
}

// moveOnce does it: PL, 4.3.3 and 4.3.4.
func (c *Card) moveOnce(p []byte, off int64, what Command) error {
	at := uint32(off)
	if c.byBlocks {
		at = uint32(off / BlockSize)
	}
	c.host.Begin(len(p) / BlockSize)
	if _, err := c.send(what, at); err != nil {
		return err
	}
	if err := c.host.Move(p, what.FromCard); err != nil {
		return err
	}
	if !what.FromCard {
		return c.settle()
	}
	return nil
}

// settle waits until the card has programmed what it was given: PL, 4.3.4, "the busy is over and the state is tran".
func (c *Card) settle() error {
	var failed error
	if !Poll(func() bool {
		got, err := c.send(sendStatus, c.address)
		failed = err
		return err != nil || got[0]>>stateShift&15 == stateTransfer && got[0]&readyForData != 0
	}) {
		return ErrTimeout
	}
	return failed
}

// recover has controller and card forget a transfer that failed.
func (c *Card) recover() error {
	if err := c.host.Forget(); err != nil {
		return err
	}
	return c.settle()
}

// application sends an application's command: PL, 4.3.9.
func (c *Card) application(what Command, arg uint32) ([4]uint32, error) {
	if _, err := c.send(appCommand, c.address); err != nil {
		return [4]uint32{}, err
	}
	return c.send(what, arg)
}

// send sends a command and returns the card's answer. One of kind R1 is the card's status; R6 and R7 have other bits there.
func (c *Card) send(what Command, arg uint32) ([4]uint32, error) {
	answer, err := c.host.Send(what, arg)
	if err != nil || what == sendIfCond || what == sendAddress || what.Answer != R1 && what.Answer != R1b {
		return answer, err
	}
	if answer[0]&statusErrors != 0 {
		return answer, ErrCard
	}
	return answer, nil
}
