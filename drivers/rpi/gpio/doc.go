// Package gpio drives a Raspberry Pi's general-purpose pins (BCM2835 ARM Peripherals, 6; BCM2711 ARM Peripherals, 5) and the pulse
// width modulators behind four of them (9). It implements device.Pins; package mirage/gpio is what programs use.
//
// It knows no board: which pin is at which place of the header, and which the board uses itself, is the program's to know.
package gpio
