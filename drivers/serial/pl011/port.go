package pl011

import (
	"errors"
	"internal/mirage/drivers/serial"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var errSize = errors.New("pl011: registers missing")

// A port is the registers. It implements serial.Port.
type port struct{ regs mmio.Space }

// Open makes a console of the port at regs, which drives the input. The speed is left as the firmware or the runtime has set it.
func Open(name string, regs mmio.Space, input irq.Input) (*serial.Console, error) {
	if regs.Size() < registers {
		return nil, errSize
	}
	interruptMask.Store(regs, 0)
	interruptClear.Store(regs, interruptAll)
	fifoLevel.Store(regs, levelDefault)
	lineControl.Store(regs, line8Bits|lineFIFO)
	control.Store(regs, control.Load(regs)|controlOn)
	return serial.Open(name, port{regs}, input)
}

// Get implements serial.Port.
func (p port) Get(b []byte) (n int) {
	for n < len(b) && flags.Load(p.regs)&flagReceiveEmpty == 0 {
		b[n] = byte(data.Load(p.regs))
		n++
	}
	return n
}

// Put implements serial.Port.
func (p port) Put(b []byte) (n int) {
	for n < len(b) && flags.Load(p.regs)&flagTransmitFull == 0 {
		data.Store(p.regs, uint32(b[n]))
		n++
	}
	return n
}

// Enable implements serial.Port. Nothing needs clearing: the reasons end with what Get and Put do to the FIFOs, and one that is
// still there, or came meanwhile, drives the interrupt again as soon as it is wanted (manual, section 2.8).
func (p port) Enable(receive, transmit bool) {
	v := uint32(0)
	if receive {
		v |= interruptReceive
	}
	if transmit {
		v |= interruptTransmit
	}
	interruptMask.Store(p.regs, v)
}
