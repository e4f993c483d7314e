//go:build mirage

package board

import (
	"internal/mirage/boot"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/serial/pl011"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/dwc2"
	"internal/mirage/drivers/usb/rndis"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

// Interrupts of the BCM2835's peripherals: BCM2835 ARM Peripherals, 7.5. A BCM2837 has them as they are; a BCM2711's GIC has
// the GPU's from 96 on (BCM2711 ARM Peripherals, 6.3).
const (
	interruptUSB  = 9
	interruptUART = 57

	firstGPU = 96
)

// usbPatience is how long the boot waits for what is plugged in.
const usbPatience = 5 * clock.Second

// A board is a Raspberry Pi.
type rpi struct {
	pi boot.Pi
}

// probePi starts the devices of a Raspberry Pi.
func probePi(pi boot.Pi) {
	b := rpi{pi}
	b.serial()
	b.usb()
}

// regs are the registers at an offset of the peripherals.
func (b rpi) regs(off, size uint64) (mmio.Space, error) { return mmio.Map(b.pi.Peripherals+off, size) }

// input is where an interrupt of the peripherals arrives.
func (b rpi) input(number uint32) irq.Input {
	if b.pi.Local == 0 {
		number += firstGPU
	}
	return irq.Input{Number: number, Level: true}
}

// serial makes the UART the console.
func (b rpi) serial() {
	const name = "ttyAMA0"
	regs, err := b.regs(boot.PiUART, 0x1000)
	if err == nil {
		c, e := pl011.Open(name, regs, b.input(interruptUART))
		if err = e; err == nil {
			device.AddConsole(c)
		}
	}
	if err != nil {
		report(name, err)
	}
}

// usb starts the USB controller, and waits for what is plugged in: a program wants its network from the start.
func (b rpi) usb() {
	const at = 0x980000
	regs, err := b.regs(at, 0x10000)
	if err == nil {
		c, e := dwc2.Open(regs, uint32(b.pi.Bus), b.input(interruptUSB))
		if err = e; err == nil {
			usb.Start(c, rndis.Driver).Settle(usbPatience)
		}
	}
	if err != nil {
		report("usb", err)
	}
}
