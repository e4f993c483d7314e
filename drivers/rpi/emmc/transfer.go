package emmc

import (
	"internal/mirage/clock"
	"internal/mirage/device"
)

// attempts is how often blocks are moved before the card is given up.
const attempts = 3

// move moves p, in as few commands as there may be.
func (c *Card) move(p []byte, off int64, what uint32) error {
	if off < 0 || off%blockSize != 0 || len(p)%blockSize != 0 || off > c.bytes || int64(len(p)) > c.bytes-off {
		return device.ErrRange
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		n := min(len(p), maxBlocks*blockSize)
		if err := c.moveBlocks(p[:n], off, what); err != nil {
			return err
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// moveBlocks does one command, again if it fails, with the lock held.
func (c *Card) moveBlocks(p []byte, off int64, what uint32) (err error) {
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

// moveOnce does it: 5.2, DATA, and PL, 4.3.3 and 4.3.4.
func (c *Card) moveOnce(p []byte, off int64, what uint32) error {
	at := uint32(off)
	if c.byBlocks {
		at = uint32(off / blockSize)
	}
	blocks.Store(c.regs, uint32(len(p)/blockSize)<<16|blockSize)
	if _, err := c.send(what, at); err != nil {
		return err
	}
	reading, isReady := what&toHost != 0, uint32(writeReady)
	if reading {
		isReady = readReady
	}
	for ; len(p) > 0; p = p[blockSize:] {
		if err := c.await(isReady); err != nil {
			return err
		}
		if reading {
			c.read(p[:blockSize])
		} else {
			c.write(p[:blockSize])
		}
	}
	if err := c.await(dataDone); err != nil {
		return err
	}
	if !reading {
		return c.settle()
	}
	return nil
}

func (c *Card) read(p []byte) {
	for ; len(p) > 0; p = p[4:] {
		v := data.Load(c.regs)
		p[0], p[1], p[2], p[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
}

func (c *Card) write(p []byte) {
	for ; len(p) > 0; p = p[4:] {
		data.Store(c.regs, uint32(p[0])|uint32(p[1])<<8|uint32(p[2])<<16|uint32(p[3])<<24)
	}
}

// settle waits until the card has programmed what it was given: PL, 4.3.4, "the busy is over and the state is tran".
func (c *Card) settle() error {
	var failed error
	if !c.poll(func() bool {
		got, err := c.send(sendStatus, c.address)
		failed = err
		return err != nil || got[0]>>stateShift&15 == stateTransfer && got[0]&readyForData != 0
	}) {
		return errTimeout
	}
	return failed
}

// recover has controller and card forget a transfer that failed: SD Host Controller Simplified Specification 3.00, 3.10.
func (c *Card) recover() error {
	v := control1.Load(c.regs)
	control1.Store(c.regs, v|resetCommand|resetData)
	if !c.poll(func() bool { return control1.Load(c.regs)&(resetCommand|resetData) == 0 }) {
		return errReset
	}
	happened.Store(c.regs, ^uint32(0))
	const stop = 12<<indexShift | r1b
	c.send(stop, 0) // which fails if the card is idle
	return c.settle()
}

// application sends an application's command: PL, 4.3.9.
func (c *Card) application(what, arg uint32) ([4]uint32, error) {
	if _, err := c.send(appCommand, c.address); err != nil {
		return [4]uint32{}, err
	}
	return c.send(what, arg)
}

// send sends a command and returns the card's answer: 5.2, CMDTM.
func (c *Card) send(what, arg uint32) (answer [4]uint32, err error) {
	busy := uint32(statusCommand)
	if what&hasData != 0 || what&answerBusy == answerBusy {
		busy |= statusData
	}
	if !c.poll(func() bool { return status.Load(c.regs)&busy == 0 }) {
		return answer, errTimeout
	}
	happened.Store(c.regs, ^uint32(0))
	argument.Store(c.regs, arg)
	command.Store(c.regs, what)
	if err := c.await(commandDone); err != nil {
		control1.Store(c.regs, control1.Load(c.regs)|resetCommand)
		c.poll(func() bool { return control1.Load(c.regs)&resetCommand == 0 })
		return answer, err
	}
	for i := range answer {
		answer[i] = c.regs.Load32(uintptr(response) + 4*uintptr(i))
	}
	// An answer of kind R1 is the card's status; R6 and R7 have other bits there.
	switch {
	case what == sendIfCond || what == sendAddress || what&r1 != r1:
	case answer[0]&statusErrors != 0:
		return answer, errCard
	}
	return answer, nil
}

// await waits until something has happened, and clears it.
func (c *Card) await(what uint32) error {
	v := uint32(0)
	if !c.poll(func() bool {
		v = happened.Load(c.regs)
		return v&(what|errors) != 0
	}) {
		return errTimeout
	}
	if v&errors != 0 {
		happened.Store(c.regs, v&errors)
		if v&errorTimeout != 0 {
			return errTimeout
		}
		return errCard
	}
	happened.Store(c.regs, what)
	return nil
}

// poll asks until it is so, a second at most: at once some times, for most waits are short, and then with pauses.
func (c *Card) poll(isSo func() bool) bool {
	for range 200 {
		if isSo() {
			return true
		}
	}
	t, over := clock.NewTimer(clock.Second)
	defer t.Stop()
	for !isSo() {
		select {
		case <-over:
			return isSo()
		default:
			clock.Sleep(20e3)
		}
	}
	return true
}
