package ns16550

import (
	"errors"
	"internal/mirage/drivers/serial"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// ErrNone says that there is no port at these registers.
var ErrNone = errors.New("ns16550: no port")

// A port is the registers. It implements serial.Port.
type port struct{ regs mmio.Space }

// Open looks for a port at regs, which drives the input, and makes a console of it. The speed is left as the firmware or the
// runtime has set it.
func Open(name string, regs mmio.Space, input irq.Input) (*serial.Console, error) {
	if regs.Size() < registers {
		return nil, ErrNone
	}
	// What is not there does not keep what is written.
	for _, v := range [...]uint8{0x5a, 0xa5} {
		if scratch.Store(regs, v); scratch.Load(regs) != v {
			return nil, ErrNone
		}
	}
	interruptEnable.Store(regs, 0)
	lineControl.Store(regs, line8N1)
	fifoControl.Store(regs, fifoEnable|fifoReceive)
	modemControl.Store(regs, modemReady|modemEnable)
	return serial.Open(name, port{regs}, input)
}

// Get implements serial.Port.
func (p port) Get(b []byte) (n int) {
	for n < len(b) && lineStatus.Load(p.regs)&statusReceived != 0 {
		b[n] = data.Load(p.regs)
		n++
	}
	return n
}

// Put implements serial.Port. The FIFO takes its whole size when it is empty, and nobody can tell how much when it is not.
func (p port) Put(b []byte) (n int) {
	if lineStatus.Load(p.regs)&statusEmpty == 0 {
		return 0
	}
	for n < len(b) && n < fifoSize {
		data.Store(p.regs, b[n])
		n++
	}
	return n
}

// Enable implements serial.Port. On PCs the interrupt is by edge. It is driven while one that is enabled has a reason, so all are
// disabled for a moment: a reason that is there, or comes, makes an edge.
func (p port) Enable(receive, transmit bool) {
	v := uint8(0)
	if receive {
		v |= enableReceive
	}
	if transmit {
		v |= enableTransmit
	}
	interruptEnable.Store(p.regs, 0)
	interruptID.Load(p.regs) // takes back a wish to send: data sheet, table III
	interruptEnable.Store(p.regs, v)
}
