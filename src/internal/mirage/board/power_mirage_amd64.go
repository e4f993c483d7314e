//go:build mirage

package board

import (
	"internal/mirage/device"
	"internal/mirage/drivers/bus/acpi"
	"internal/mirage/drivers/button"
	"internal/mirage/irq"
	"internal/mirage/machine"
	"internal/mirage/mmio"
)

const (
	sleepTypeShift = 10      // in PM1 control: ACPI 6.4 section 4.8.3.2.1
	sleepEnable    = 1 << 13 // likewise

	sleepControlShift  = 2      // in sleep control: section 4.8.3.7
	sleepControlEnable = 1 << 5 // likewise
)

// A store writes a byte to a register, once; the zero store does nothing.
type store struct {
	port  uint16
	space mmio.Space
	value uint8
}

// register makes a store to a register of the platform.
func register(r acpi.Register, value uint8) store {
	if r.Addr == 0 {
		return store{}
	}
	if r.Port {
		return store{port: uint16(r.Addr), value: value}
	}
	space, err := mmio.Map(r.Addr, 1)
	if err != nil {
		return store{}
	}
	return store{space: space, value: value}
}

func (s store) do() {
	switch {
	case s.space != nil:
		s.space.Store8(0, s.value)
	case s.port != 0:
		mmio.Out8(s.port, s.value)
	}
}

// keyboard is the command port of the keyboard controller, and pulse the command that resets the processor: IBM PC AT Technical
// Reference. Monitors without ACPI tables take it for the end.
const (
	keyboard = 0x64
	pulse    = 0xfe
)

// power tells the runtime how to turn the machine off. All is made ready now: the runtime calls it when nothing works any more.
func (p *pc) power() {
	if p.tables == nil {
		machine.SetPowerOff(func(int32) { mmio.Out8(keyboard, pulse) })
		return
	}
	how := p.tables.Power()
	control, value := how.PM1aControl, uint16(how.SleepType)<<sleepTypeShift|sleepEnable
	sleep := register(how.SleepControl, how.SleepType<<sleepControlShift|sleepControlEnable)
	reset := register(how.Reset, how.ResetValue)
	if !how.HasSleepType {
		control, sleep = 0, store{}
	}
	machine.SetPowerOff(func(int32) {
		if control != 0 {
			mmio.Out16(control, value)
		}
		sleep.do()
		// A machine that is still on is at least not left running.
		reset.do()
	})
}

// button has the power button ask the program to end. Not every machine has one.
func (p *pc) button() {
	if p.tables == nil {
		return
	}
	if b, ok := p.tables.FixedButton(); ok {
		driver := button.PM1{
			Event:   mmio.Ports(b.Event, uint16(b.EventSize)),
			Control: mmio.Ports(b.Control, 2),
			Enable:  b.Enable,
			Input:   p.isa(b.Interrupt),
		}
		if b.Command != 0 {
			driver.Command = mmio.Ports(b.Command, 1)
		}
		complain(driver.Open(device.Shutdown))
	}
	if b, ok := p.tables.EventButton(); ok {
		regs, err := mmio.Map(uint64(b.Register), 4)
		if err == nil {
			input := irq.Input{Number: b.Interrupt, Level: b.Level, ActiveLow: b.ActiveLow}
			err = button.GED{Register: regs, Mask: b.Mask, Input: input}.Open(device.Shutdown)
		}
		complain(err)
	}
}

// complain reports a button that is of no use.
func complain(err error) {
	if err != nil {
		report("power button", err)
	}
}
