// Package miniuart drives the mini UART of a Raspberry Pi (BCM2835 ARM Peripherals, 2.2, with elinux.org's "BCM2835 datasheet
// errata"), which is at the header's pins where the other serial port serves a Bluetooth chip.
//
// Package board opens it. Package serial makes the console of it.
package miniuart
