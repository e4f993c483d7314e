// Package rpi boots images on a Raspberry Pi 3 as QEMU has it (raspi3b), and tries what is on the board: the ways in, the cores,
// the network over USB, pins, the firmware's mailbox, the watchdog, random numbers.
//
// The program is test/guest/rpi. What QEMU does not model is tried on the host, against models of the registers, beside the
// drivers.
package rpi
