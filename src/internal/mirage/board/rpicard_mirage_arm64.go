//go:build mirage

package board

import (
	"internal/mirage/boot"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/rpi/dmac"
	"internal/mirage/drivers/rpi/emmc"
	"internal/mirage/drivers/rpi/mailbox"
	"internal/mirage/drivers/rpi/sd"
	"internal/mirage/drivers/rpi/sdhost"
	"internal/mirage/machine"
	"internal/mirage/mmio"
)

// Offsets of what has to do with cards: BCM2835 ARM Peripherals, 4.2.1 and 5.2; Linux, bcm283x.dtsi and bcm2711.dtsi.
const (
	piDMA    = 0x007000
	piSDHost = 0x202000
	piEMMC   = 0x300000
	piEMMC2  = 0x340000

	// busPeripherals is where the peripherals are for a DMA channel: BCM2835 ARM Peripherals, 1.2.3.
	busPeripherals = 0x7e000000
)

// Clocks of the controllers, for the firmware: wiki, "Mailbox property interface", "Clocks"; and the functions of pins 48 to 53 that lead
// to them.
const (
	clockEMMC  = 1
	clockEMMC2 = 12

	pinsSDHost = 4 // ALT0
	pinsEMMC   = 7 // ALT3
)

// Pins of a Pi 4 that the firmware moves: Linux, bcm2711-rpi-4-b.dts, expgpio.
const (
	pinLowVoltage = 128 + 4 // VDD_SD_IO_SEL: the card's signals have 1.8 V, and not 3.3
	pinCardPower  = 128 + 6 // SD_PWR_ON
)

// openCards starts the SD card, if there is one.
func (b *rpi) openCards() {
	if b.pi.SoC == boot.BCM2711 {
		b.each("mmc", "bcm2711-emmc2", piEMMC2, page, b.openEMMC2)
	} else {
		b.each("mmc", "bcm2835-emmc", piEMMC, page, b.openEMMC)
	}
}

// openEMMC starts the card of a BCM2837. Its pins lead to one of two controllers (section 6.2): where one does not find it, the other
// may.
func (b *rpi) openEMMC(regs mmio.Space) error {
	b.lead(48, 53, pinsEMMC)
	err := b.cardBehind(clockEMMC, func(hz uint32) (sd.Host, error) {
		h, err := emmc.Open(regs, hz)
		if err == nil && hasWord(machine.BootInfo().CommandLine, "dma=on") {
			b.speedUp(h)
		}
		return h, err
	})
	if err == nil {
		return nil
	}
	b.lead(48, 53, pinsSDHost)
	return orNone(b.cardBehind(clockCore, func(hz uint32) (sd.Host, error) {
		regs, err := mmio.Map(b.pi.Peripherals+piSDHost, page)
		if err != nil {
			return nil, err
		}
		return sdhost.Open(regs, hz)
	}))
}

// openEMMC2 starts the card of a BCM2711, whose controller has pins of its own, and the registers of the other's.
func (b *rpi) openEMMC2(regs mmio.Space) error {
	for _, pin := range [][]uint32{{pinLowVoltage, 0}, {pinCardPower, 1}} {
		if err := b.mail.Property(mailbox.TagGPIOState, pin); err != nil {
			return err
		}
	}
	return orNone(b.cardBehind(clockEMMC2, func(hz uint32) (sd.Host, error) { return emmc.Open(regs, hz) }))
}

// orNone is err unless that says that there is no card.
func orNone(err error) error {
	if err == sd.ErrNone {
		return nil
	}
	return err
}

// cardBehind starts the card behind a controller with one of the firmware's clocks.
func (b *rpi) cardBehind(clock uint32, open func(hz uint32) (sd.Host, error)) error {
	hz, err := b.rate(clock)
	if err != nil {
		return err
	}
	h, err := open(hz)
	if err != nil {
		return err
	}
	c, err := sd.Open(h)
	if err == nil {
		device.AddBlock(c)
	}
	return err
}

// speedUp gives a controller a DMA channel, if the firmware leaves one. The command line has to ask for it, until it has been tried for
// longer.
func (b *rpi) speedUp(h *emmc.Host) {
	free := []uint32{0}
	if b.mail.Property(mailbox.TagDMAChannels, free) != nil {
		return
	}
	n, ok := dmac.Choose(free[0])
	if !ok {
		return
	}
	b.each("dma", "bcm2835-dma", piDMA+uint64(n)*dmac.Spacing, dmac.Spacing, func(regs mmio.Space) error {
		c, err := dmac.Open(regs, uint32(b.pi.Bus), b.input(uint32(dmac.FirstInterrupt+n)))
		if err != nil {
			return err
		}
		port := dmac.Port{Bus: busPeripherals + piEMMC + uint32(emmc.DataRegister), Pacer: emmc.Pacer}
		return h.Use(func(m *dma.Memory, n int, toMemory bool) error { return c.Move(port, m, n, toMemory) })
	})
}
