// Package i2c drives the I2C masters of a Raspberry Pi, which the manual calls BSC (Broadcom Serial Controller): BCM2835 ARM
// Peripherals, 3. They implement device.I2C; package mirage/i2c is what programs use.
//
// The controller begins a read behind a write without a stop only if it is told before the write has ended. If the goroutine that
// tells it comes late, which on a bus of 100 kHz is 180 microseconds for the shortest write, there is a stop between the two: most
// chips do not mind.
package i2c
