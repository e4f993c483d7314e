// Package spi drives SPI0 of a Raspberry Pi: BCM2835 ARM Peripherals, 10, as 10.6.1 has it without interrupts. It implements
// device.SPI; package mirage/spi is what programs use.
package spi
