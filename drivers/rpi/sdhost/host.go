package sdhost

import (
	"errors"
	"internal/byteorder"
	"internal/mirage/clock"
	"internal/mirage/drivers/rpi/sd"
	"internal/mirage/mmio"
)

var errRegisters = errors.New("sdhost: registers missing")

// A Host is the controller. It implements sd.Host.
type Host struct {
	regs   mmio.Space
	coreHz uint32
}

// Open returns the controller at regs; the GPU's core has a clock of coreHz.
func Open(regs mmio.Space, coreHz uint32) (*Host, error) {
	if regs.Size() < size || coreHz == 0 {
		return nil, errRegisters
	}
	return &Host{regs: regs, coreHz: coreHz}, nil
}

// Reset implements sd.Host: bcm2835_reset_internal.
func (h *Host) Reset() error {
	r := h.regs
	power.Store(r, 0)
	command.Store(r, 0)
	argument.Store(r, 0)
	timeout.Store(r, longestTimeout)
	divider.Store(r, 0)
	status.Store(r, statusAll)
	config.Store(r, 0)
	bytes.Store(r, 0)
	blocks.Store(r, 0)
	machine.Store(r, machine.Load(r)&^thresholdsMask|thresholds)
	clock.Sleep(20 * clock.Millisecond)
	power.Store(r, 1)
	clock.Sleep(20 * clock.Millisecond)
	config.Store(r, configSlow|configInternal)
	return h.SetClock(sd.SlowHz)
}

// SetClock implements sd.Host.
func (h *Host) SetClock(hz uint32) error {
	d := max((h.coreHz+hz-1)/hz, 2)
	divider.Store(h.regs, min(d-2, maxDivider))
	timeout.Store(h.regs, hz/2) // half a second
	return nil
}

// Widen implements sd.Host.
func (h *Host) Widen() { config.Store(h.regs, config.Load(h.regs)|configWide) }

// Begin implements sd.Host.
func (h *Host) Begin(n int) {
	bytes.Store(h.regs, sd.BlockSize)
	blocks.Store(h.regs, uint32(n))
}

// words are a command's for the controller.
func words(c sd.Command) uint32 {
	v := uint32(c.Index) | [...]uint32{sd.None: commandNone, sd.R1: 0, sd.R1b: commandBusy, sd.R2: commandLong, sd.R3: 0}[c.Answer]
	switch {
	case c.HasData && c.FromCard:
		v |= commandRead
	case c.HasData:
		v |= commandWrite
	}
	return v | commandNew
}

// Send implements sd.Host: bcm2835_send_command and bcm2835_finish_command.
func (h *Host) Send(c sd.Command, arg uint32) (answer [4]uint32, err error) {
	isOver := func() bool { return command.Load(h.regs)&commandNew == 0 }
	if !sd.Poll(isOver) {
		return answer, sd.ErrTimeout
	}
	status.Store(h.regs, statusErrors)
	argument.Store(h.regs, arg)
	command.Store(h.regs, words(c))
	if !sd.Poll(isOver) {
		return answer, sd.ErrTimeout
	}
	if command.Load(h.regs)&commandFailed != 0 {
		failed := h.failure()
		if c.Answer != sd.R3 || failed != sd.ErrCard { // an R3 has no checksum: PL, 4.9.4
			if failed == nil {
				failed = sd.ErrCard
			}
			return answer, failed
		}
	}
	for i := range answer {
		answer[i] = h.regs.Load32(uintptr(response) + 4*uintptr(i))
	}
	if c.Answer == sd.R2 { // without the checksum
		for i := range answer {
			answer[i] >>= 8
			if i+1 < len(answer) {
				answer[i] |= h.regs.Load32(uintptr(response)+4*uintptr(i+1)) << 24
			}
		}
	}
	return answer, nil
}

// failure is what the status says, and clears it.
func (h *Host) failure() error {
	v := status.Load(h.regs) & statusErrors
	status.Store(h.regs, v)
	switch {
	case v == 0:
		return nil
	case v&statusTimeout != 0:
		return sd.ErrTimeout
	}
	return sd.ErrCard
}

// Move implements sd.Host: bcm2835_transfer_block_pio.
func (h *Host) Move(p []byte, fromCard bool) error {
	for len(p) > 0 {
		n := h.room(fromCard)
		if n == 0 {
			if err := h.failure(); err != nil {
				return err
			}
			return sd.ErrTimeout
		}
		for n = min(n, len(p)/4); n > 0; n, p = n-1, p[4:] {
			if fromCard {
				byteorder.LEPutUint32(p, data.Load(h.regs))
			} else {
				data.Store(h.regs, byteorder.LEUint32(p))
			}
		}
	}
	if err := h.finish(fromCard); err != nil {
		return err
	}
	_, err := h.Send(sd.Stop, 0)
	return err
}

// room waits until words can be moved, and returns how many: 0 when something went wrong.
func (h *Host) room(fromCard bool) (n int) {
	sd.Poll(func() bool {
		n = int(machine.Load(h.regs) >> fifoShift & fifoMask)
		if !fromCard {
			n = max(fifoWords-n, 0)
		}
		return n > 0 || status.Load(h.regs)&statusErrors != 0
	})
	if status.Load(h.regs)&statusErrors != 0 {
		return 0
	}
	return n
}

// finish waits until the controller has done its part: bcm2835_wait_transfer_complete. It may stay in a state of waiting, from which
// it must be told to go.
func (h *Host) finish(fromCard bool) error {
	idle := uint32(stateStart)
	if fromCard {
		idle = stateWaiting
	}
	if !sd.Poll(func() bool {
		v := machine.Load(h.regs)
		switch v & stateMask {
		case stateIdent, stateData:
			return true
		case idle:
			machine.Store(h.regs, v|forceData)
			return true
		}
		return status.Load(h.regs)&statusErrors != 0
	}) {
		return sd.ErrTimeout
	}
	return h.failure()
}

// Forget implements sd.Host.
func (h *Host) Forget() error {
	machine.Store(h.regs, machine.Load(h.regs)|forceData)
	status.Store(h.regs, statusAll)
	h.Send(sd.Stop, 0) // which fails if the card is idle
	// What the FIFO has still is nobody's.
	for range 2 * fifoWords {
		if machine.Load(h.regs)>>fifoShift&fifoMask == 0 {
			break
		}
		data.Load(h.regs)
	}
	status.Store(h.regs, statusAll)
	return nil
}
