package gpio

import "internal/mirage/mmio"

// Registers: BCM2835 ARM Peripherals, 6.1. Of those that come in pairs the second is for pins from 32 on.
const (
	selects  mmio.Reg32 = 0x00 // RW, three bits a pin, ten pins a register
	sets     mmio.Reg32 = 0x1c // WO, writing 1 makes the pin high
	clears   mmio.Reg32 = 0x28 // WO, low
	levels   mmio.Reg32 = 0x34 // RO
	events   mmio.Reg32 = 0x40 // RW, what was detected; writing 1 clears
	rising   mmio.Reg32 = 0x4c // RW, edges to detect, as sampled by the clock
	falling  mmio.Reg32 = 0x58 // RW
	pull     mmio.Reg32 = 0x94 // RW, BCM2835: 0 off, 1 down, 2 up: for the pins that pullClock is raised for
	pulls    mmio.Reg32 = 0x98 // RW, the clocks
	pulls711 mmio.Reg32 = 0xe4 // RW, BCM2711: two bits a pin, 16 pins a register: 0 off, 1 up, 2 down
	size                = 0xf4
)

// Pulse width modulator: 9.6. Of the two channels the second has its bits 8 higher, and its registers 0x10.
const (
	pwmControl mmio.Reg32 = 0x00
	pwmRange   mmio.Reg32 = 0x10 // RW, clocks of a period
	pwmData    mmio.Reg32 = 0x14 // RW, clocks that it is high
	pwmSize               = 0x28

	pwmEnable = 1 << 0 // PWEN
	pwmMarks  = 1 << 7 // MSEN: high, then low, and not spread
	pwmBits   = 0xff   // of a channel
)

// The modulators' clock, in the clock manager: 6.3, which speaks of GPCLK0 to 2; CM_PWMCTL and CM_PWMDIV are in the errata
// (elinux.org, "BCM2835 datasheet errata", p107-108).
const (
	clockControl mmio.Reg32 = 0xa0 // RW, bits 0-3: source; 4: enable; 7, RO: busy
	clockDivisor mmio.Reg32 = 0xa4 // RW, bits 12-23: divisor
	clockSize               = 0xa8

	clockPassword   = 0x5a << 24
	clockOscillator = 1
	clockEnable     = 1 << 4
	clockBusy       = 1 << 7
)
