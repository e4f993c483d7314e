package button

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// Bits of the PM1 registers: ACPI 6.4 sections 4.8.3.1.1, 4.8.3.1.2 and 4.8.3.2.1.
const (
	pm1PowerButton = 1 << 8 // of status, where writing 1 clears it, and of enable
	pm1ACPI        = 1 << 0 // of control, RO: SCI_EN, events raise the SCI
)

var (
	errPM1Size = errors.New("button: PM1 registers missing")
	errPM1Mode = errors.New("button: the machine does not enter ACPI mode")
)

// PM1 is the fixed power button of an ACPI machine: section 4.8.2.2.1.1.
type PM1 struct {
	Event   mmio.Space // the event registers: status, then enable, of the same size (section 4.8.3.1)
	Control mmio.Space
	Command mmio.Space // the SMI command port, of one byte; nil where the machine knows ACPI mode alone
	Enable  uint8      // what enters ACPI mode there: section 5.2.9, ACPI_ENABLE
	Input   irq.Input  // the SCI
}

// Open has pressed called each time the button is pressed.
func (b PM1) Open(pressed func()) error {
	if b.Event.Size() < 4 || b.Control.Size() < 2 {
		return errPM1Size
	}
	// 1. Events are to raise the SCI: section 4.8.2.5.
	if err := b.enter(); err != nil {
		return err
	}
	// 2. What was pressed before is no request to us; 3. no event but the button's is wanted.
	status, enable := mmio.Reg16(0), mmio.Reg16(b.Event.Size()/2)
	status.Store(b.Event, pm1PowerButton)
	if err := irq.Attach(b.Input, func() {
		if status.Load(b.Event)&pm1PowerButton != 0 {
			status.Store(b.Event, pm1PowerButton)
			pressed()
		}
	}); err != nil {
		return err
	}
	enable.Store(b.Event, pm1PowerButton)
	return nil
}

// enter changes to ACPI mode, unless the machine is in it.
func (b PM1) enter() error {
	const patience = 100 // milliseconds
	for i := range patience {
		if b.Control.Load16(0)&pm1ACPI != 0 {
			return nil
		}
		if b.Command == nil || b.Enable == 0 {
			break
		}
		if i == 0 {
			b.Command.Store8(0, b.Enable)
			continue
		}
		clock.Sleep(clock.Millisecond)
	}
	return errPM1Mode
}
