//go:build mirage

package board

import (
	"internal/byteorder"
	"internal/mirage/boot"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/rpi/framebuffer"
	"internal/mirage/drivers/rpi/genet"
	"internal/mirage/drivers/rpi/gpio"
	"internal/mirage/drivers/rpi/i2c"
	"internal/mirage/drivers/rpi/mailbox"
	"internal/mirage/drivers/rpi/rng"
	"internal/mirage/drivers/rpi/spi"
	"internal/mirage/drivers/rpi/watchdog"
	"internal/mirage/drivers/serial/miniuart"
	"internal/mirage/drivers/serial/pl011"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/cdc"
	"internal/mirage/drivers/usb/dwc2"
	"internal/mirage/drivers/usb/keyboard"
	"internal/mirage/drivers/usb/rndis"
	"internal/mirage/drivers/usb/smsc95xx"
	"internal/mirage/drivers/usb/storage"
	"internal/mirage/irq"
	"internal/mirage/machine"
	"internal/mirage/mmio"
	"internal/strconv"
)

// Interrupts of the BCM2835's peripherals: BCM2835 ARM Peripherals, 7.5. A BCM2837 has them as they are; a BCM2711's GIC has
// the GPU's from 96 on (BCM2711 ARM Peripherals, 6.3).
const (
	interruptUSB   = 9
	interruptAux   = 29
	interruptPins0 = 49
	interruptPins1 = 50
	interruptUART  = 57

	firstGPU = 96
)

// Offsets of peripherals that the boot does not use: BCM2835 ARM Peripherals, 6.3 and 9.5; Linux, bcm283x.dtsi.
const (
	piClocks = 0x101000
	piPWM    = 0x20c000
	piSPI0   = 0x204000
	piBSC1   = 0x804000
	piUSB    = 0x980000

	page = 0x1000
)

// The network card of a BCM2711, and its interrupt by the GIC's number: Linux, bcm2711.dtsi (low peripheral mode).
const (
	genetAt        = 0xfd580000
	interruptGENET = 32 + 157
)

// powerUSB is the USB controller's number for the firmware: "Mailbox property interface", "Power".
const (
	powerUSB = 3
	powerOn  = 1 << 0
	waitFor  = 1 << 1
)

// clockCore is the number of the GPU core's clock for the firmware: likewise, "Clocks".
const clockCore = 4

// pinsSerial is the function of pins 2 and 3 that leads to the I2C bus, and of 7 to 11 that leads to SPI: ALT0.
const pinsSerial = 4

// usbPatience is how long the boot waits for what is plugged in.
const usbPatience = 5 * clock.Second

// An rpi is a Raspberry Pi. It implements device.Board.
type rpi struct {
	pi       boot.Pi
	revision boot.Revision
	serial   uint64
	mail     *mailbox.Mailbox
	watchdog *watchdog.Watchdog
	pins     *gpio.Pins
}

// probePi starts the devices of a Raspberry Pi.
func probePi() {
	b := &rpi{}
	b.pi, b.revision, b.serial = machine.Pi()
	b.console()
	b.each("rng", "bcm2835-rng", boot.PiRandom, page, b.openRandom)
	b.each("mailbox", "bcm2835-mbox", boot.PiMailbox, 0x40, b.openMailbox)
	b.openScreen()
	b.each("watchdog", "bcm2835-wdt", boot.PiPower, page, b.openWatchdog)
	if b.mail != nil && b.watchdog != nil {
		device.AddBoard(b)
	}
	b.each("gpio", "bcm2835-gpio", boot.PiGPIO, page, b.openPins)
	if b.mail != nil && b.pins != nil {
		b.each("i2c", "i2c-bcm2835", piBSC1, page, b.openI2C)
		b.each("spi", "spi-bcm2835", piSPI0, page, b.openSPI)
	}
	if b.mail != nil && b.pins != nil {
		b.openCards()
	}
	if b.pi.SoC == boot.BCM2711 {
		b.at("ethernet", "bcmgenet", genetAt, 16*page, b.openEthernet)
	}
	b.each("usb", "dwc2", piUSB, 16*page, b.openUSB)
}

// each opens a device with its registers at an offset of the peripherals.
func (b *rpi) each(name, driver string, off, size uint64, open func(mmio.Space) error) {
	b.at(name, driver, b.pi.Peripherals+off, size, open)
}

// at opens a device with its registers at an address.
func (b *rpi) at(name, driver string, addr, size uint64, open func(mmio.Space) error) {
	regs, err := mmio.Map(addr, size)
	if err == nil {
		err = open(regs)
	}
	if err != nil {
		report(name, err)
		return
	}
	place := strconv.FormatUint(addr, 16)
	device.AddDriven(device.Driven{Bus: "platform", Name: place + "." + name, Driver: driver, Place: "0x" + place})
}

// input is where an interrupt of the peripherals arrives.
func (b *rpi) input(number uint32) irq.Input {
	if b.pi.Local == 0 {
		number += firstGPU
	}
	return irq.Input{Number: number, Level: true}
}

// console opens the UART that is at pins 14 and 15: 6.2. Where it is the mini UART, the other serves a Bluetooth chip.
func (b *rpi) console() {
	const selects1, shift, alt5 = boot.PiGPIO + 4, (14 - 10) * 3, 2
	regs, err := mmio.Map(b.pi.Peripherals+selects1, 4)
	if err == nil && regs.Load32(0)>>shift&7 == alt5 {
		b.each("ttyS0", "bcm2835-aux-uart", boot.PiMiniUART, 0x40, func(regs mmio.Space) error {
			c, err := miniuart.Open("ttyS0", regs, b.input(interruptAux))
			if err == nil {
				device.AddConsole(c)
			}
			return err
		})
		return
	}
	b.each("ttyAMA0", "pl011", boot.PiUART, page, b.openUART)
}

// openUART makes the UART the console.
func (b *rpi) openUART(regs mmio.Space) error {
	c, err := pl011.Open("ttyAMA0", regs, b.input(interruptUART))
	if err == nil {
		device.AddConsole(c)
	}
	return err
}

func (b *rpi) openRandom(regs mmio.Space) error {
	s, err := rng.Open(regs, b.pi.SoC == boot.BCM2711)
	if err == nil {
		device.AddEntropy(s)
	}
	return err
}

func (b *rpi) openMailbox(regs mmio.Space) (err error) {
	b.mail, err = mailbox.Open(regs, uint32(b.pi.Bus))
	return err
}

// openScreen shows text on the screen, if one is connected and the command line does not say screen=off.
func (b *rpi) openScreen() {
	if b.mail == nil || hasWord(machine.BootInfo().CommandLine, "screen=off") {
		return
	}
	s, err := framebuffer.Open(b.mail, mmio.Map)
	switch err {
	case nil:
		machine.SetLastScreen(s.Last)
		device.AddScreen(s)
		device.AddDriven(device.Driven{Bus: "platform", Name: "framebuffer", Driver: "bcm2708_fb", Place: "mailbox"})
	case framebuffer.ErrNone:
	default:
		report("screen", err)
	}
}

func (b *rpi) openWatchdog(regs mmio.Space) (err error) {
	b.watchdog, err = watchdog.Open(regs)
	return err
}

func (b *rpi) openPins(regs mmio.Space) error {
	pwm, err := mmio.Map(b.pi.Peripherals+piPWM, page)
	if err != nil {
		return err
	}
	clocks, err := mmio.Map(b.pi.Peripherals+piClocks, page)
	if err != nil {
		return err
	}
	chip := gpio.Chip{Pins: 54, Oscillator: b.pi.CounterHz, Bank0: b.input(interruptPins0), Rest: b.input(interruptPins1)}
	if b.pi.SoC == boot.BCM2711 {
		chip.Pins, chip.PullsByPin = 58, true
	}
	b.pins, err = gpio.Open(regs, pwm, clocks, chip)
	if err == nil {
		device.AddPins(b.pins)
	}
	return err
}

// openI2C makes the I2C bus of the header known.
func (b *rpi) openI2C(regs mmio.Space) error {
	bus, err := i2c.Open(i2c.Config{Number: 1, Regs: regs, Clock: b.core, Claim: func() { b.lead(2, 3, pinsSerial) }})
	if err == nil {
		device.AddI2C(bus)
	}
	return err
}

// openSPI makes the SPI bus of the header known.
func (b *rpi) openSPI(regs mmio.Space) error {
	bus, err := spi.Open(spi.Config{Number: 0, Regs: regs, Clock: b.core, Claim: func() { b.lead(7, 11, pinsSerial) }})
	if err == nil {
		device.AddSPI(bus)
	}
	return err
}

// core asks for the rate of the GPU's core, from which these buses have their clocks.
func (b *rpi) core() (hz uint32, err error) { return b.rate(clockCore) }

// rate asks the firmware for the rate of a clock.
func (b *rpi) rate(clock uint32) (hz uint32, err error) {
	v := []uint32{clock, 0}
	err = b.mail.Property(mailbox.TagClockRate, v)
	return v[1], err
}

// lead has pins lead to where a function of theirs does.
func (b *rpi) lead(first, last int, function uint8) {
	for pin := first; pin <= last; pin++ {
		b.pins.SetFunction(pin, function)
	}
}

// openEthernet starts the network card of a Pi 4, whose address the firmware knows.
func (b *rpi) openEthernet(regs mmio.Space) error {
	mac, _ := b.mac() // none is refused
	c, err := genet.Open(regs, irq.Input{Number: interruptGENET, Level: true}, mac)
	if err == nil {
		device.AddNIC(c)
	}
	return err
}

// openUSB starts the USB controller, and waits for what is plugged in: a program wants its network from the start.
func (b *rpi) openUSB(regs mmio.Space) error {
	if b.mail != nil {
		// Where the firmware does not know the power, it is on.
		b.mail.Property(mailbox.TagPower, []uint32{powerUSB, powerOn | waitFor})
	}
	c, err := dwc2.Open(regs, uint32(b.pi.Bus), b.input(interruptUSB))
	if err != nil {
		return err
	}
	drivers := []usb.Driver{cdc.Driver, smsc95xx.Driver(b.mac), storage.Driver, keyboard.Driver}
	if !hasWord(machine.BootInfo().CommandLine, "rndis=off") {
		drivers = append(drivers, rndis.Driver)
	}
	usb.Start(c, drivers...).Settle(usbPatience)
	return nil
}

// mac asks the firmware for the hardware address of the board's network card.
func (b *rpi) mac() (mac [6]byte, ok bool) {
	if b.mail == nil {
		return mac, false
	}
	v := []uint32{0, 0}
	if b.mail.Property(mailbox.TagMACAddress, v) != nil {
		return mac, false
	}
	byteorder.LEPutUint32(mac[:], v[0])
	byteorder.LEPutUint16(mac[4:], uint16(v[1]))
	return mac, true
}

// Model implements device.Board.
func (b *rpi) Model() string { return b.revision.Model() }

// Revision implements device.Board.
func (b *rpi) Revision() uint32 { return uint32(b.revision) }

// Serial implements device.Board.
func (b *rpi) Serial() uint64 { return b.serial }

// Property implements device.Board.
func (b *rpi) Property(tag uint32, values []uint32) error { return b.mail.Property(tag, values) }

// Watchdog implements device.Board.
func (b *rpi) Watchdog(ns int64) error { return b.watchdog.Set(ns) }

// Restart implements device.Board.
func (b *rpi) Restart() { b.watchdog.Restart() }
