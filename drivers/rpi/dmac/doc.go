// Package dmac drives channels of a Raspberry Pi's DMA controller: BCM2835 ARM Peripherals, 4. A channel moves words between memory and
// a device's data register at the pace of the device, so that no CPU waits for each of them; the SD card's controller (rpi/emmc) uses
// one.
//
// The firmware keeps some channels for itself, and says which. Of the others those from 7 on are "lite", and are left alone: they move
// less, and slower (4.5).
package dmac
