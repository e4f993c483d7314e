package button

import (
	"errors"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// Registers of Arm's GPIO controller, a bit for each pin: PrimeCell General Purpose Input/Output (PL061) Technical
// Reference Manual, DDI 0190, table 3-1.
const (
	gpioDirection mmio.Reg8 = 0x400 // RW, 1: output
	gpioSense     mmio.Reg8 = 0x404 // RW, interrupts by 0: edge, 1: level
	gpioBothEdges mmio.Reg8 = 0x408 // RW
	gpioEvent     mmio.Reg8 = 0x40c // RW, 0: falling, 1: rising
	gpioEnable    mmio.Reg8 = 0x410 // RW, 1: interrupts
	gpioMasked    mmio.Reg8 = 0x418 // RO, those that have come and are enabled
	gpioClear     mmio.Reg8 = 0x41c // WO, 1: done with it
	gpioSize                = 0x1000
	gpioPins                = 8
)

var errPL061 = errors.New("button: no such pin")

// A PL061 is a key at a pin of a PL061.
type PL061 struct {
	Regs      mmio.Space
	Pin       uint32
	ActiveLow bool
	Input     irq.Input
}

// Open has pressed called each time the key is pressed.
func (k PL061) Open(pressed func()) error {
	if k.Regs.Size() < gpioSize || k.Pin >= gpioPins {
		return errPL061
	}
	bit := uint8(1) << k.Pin
	event := bit
	if k.ActiveLow {
		event = 0
	}
	// The manual, section 2.2.3: an interrupt is set up while it is off, and what the change brought is cleared.
	gpioEnable.Store(k.Regs, 0) // nobody else drives the controller: no other pin is to interrupt
	gpioDirection.Store(k.Regs, gpioDirection.Load(k.Regs)&^bit)
	gpioSense.Store(k.Regs, gpioSense.Load(k.Regs)&^bit)
	gpioBothEdges.Store(k.Regs, gpioBothEdges.Load(k.Regs)&^bit)
	gpioEvent.Store(k.Regs, gpioEvent.Load(k.Regs)&^bit|event)
	gpioClear.Store(k.Regs, 0xff)
	if err := irq.Attach(k.Input, func() {
		if gpioMasked.Load(k.Regs)&bit != 0 {
			gpioClear.Store(k.Regs, bit)
			pressed()
		}
	}); err != nil {
		return err
	}
	gpioEnable.Store(k.Regs, bit)
	return nil
}
