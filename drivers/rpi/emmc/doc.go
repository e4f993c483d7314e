// Package emmc drives a Raspberry Pi's External Mass Media Controller (BCM2835 ARM Peripherals, 5), a host controller of the SD
// Association's kind, for package sd.
//
// Words are moved by the CPU, and the controller is asked rather than waited for: a card's block takes some 20 microseconds.
package emmc
