// Package emmc drives a Raspberry Pi's External Mass Media Controller (BCM2835 ARM Peripherals, 5), a host controller of the SD
// Association's kind, with an SD card behind it (SD Physical Layer Simplified Specification 6.00, "PL"). It implements device.Block.
//
// Words are moved by the CPU, and the controller is asked rather than waited for: a card's block takes some 20 microseconds. One
// request at a time. Cards of all capacities that have a data bus of four bits; no faster modes than 25 MHz, no eMMC.
package emmc
