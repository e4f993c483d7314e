package button

import (
	"errors"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var errGEDSize = errors.New("button: the event register is missing")

// A GED is the power button among the events of a generic event device (ACPI 6.4 section 5.6.9), where a register says
// which have come; reading it clears it (QEMU, docs/specs/acpi_hw_reduced_hotplug.rst).
type GED struct {
	Register mmio.Space
	Mask     uint32 // of the button's event
	Input    irq.Input
}

// Open has pressed called each time the button is pressed.
func (b GED) Open(pressed func()) error {
	const events = mmio.Reg32(0)
	if b.Register.Size() < 4 {
		return errGEDSize
	}
	events.Load(b.Register) // what was pressed before is no request to us
	return irq.Attach(b.Input, func() {
		if events.Load(b.Register)&b.Mask != 0 {
			pressed()
		}
	})
}
