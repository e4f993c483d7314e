package miniuart

import (
	"errors"
	"internal/mirage/drivers/serial"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// Registers, from AUX_MU_IO_REG on: 2.2.2.
const (
	data      mmio.Reg32 = 0x00 // RW
	enable    mmio.Reg32 = 0x04 // RW, bit 0: receive, 1: transmit (errata: the manual has them the other way round)
	identify  mmio.Reg32 = 0x08 // RW, writing bits 1 and 2 clears the FIFOs
	line      mmio.Reg32 = 0x0c // RW, 3: eight bits (errata: the manual says 1)
	lineState mmio.Reg32 = 0x14 // RO
	control   mmio.Reg32 = 0x20 // RW, receiver and transmitter on
	registers            = 0x2c

	wantReceive  = 1 << 0
	wantTransmit = 1 << 1
	received     = 1 << 0 // lineState
	hasRoom      = 1 << 5
)

var errSize = errors.New("miniuart: registers missing")

// A port is the registers. It implements serial.Port.
type port struct{ regs mmio.Space }

// Open makes a console of the port at regs, which drives the input. The speed is left as the firmware or the runtime has set it.
func Open(name string, regs mmio.Space, input irq.Input) (*serial.Console, error) {
	if regs.Size() < registers {
		return nil, errSize
	}
	enable.Store(regs, 0)
	line.Store(regs, 3)
	control.Store(regs, 3)
	return serial.Open(name, port{regs}, input)
}

// Get implements serial.Port.
func (p port) Get(b []byte) (n int) {
	for n < len(b) && lineState.Load(p.regs)&received != 0 {
		b[n] = byte(data.Load(p.regs))
		n++
	}
	return n
}

// Put implements serial.Port.
func (p port) Put(b []byte) (n int) {
	for n < len(b) && lineState.Load(p.regs)&hasRoom != 0 {
		data.Store(p.regs, uint32(b[n]))
		n++
	}
	return n
}

// Enable implements serial.Port. Both reasons are levels, which end with what Get and Put do.
func (p port) Enable(receive, transmit bool) {
	v := uint32(0)
	if receive {
		v |= wantReceive
	}
	if transmit {
		v |= wantTransmit
	}
	enable.Store(p.regs, v)
}
