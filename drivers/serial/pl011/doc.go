// Package pl011 drives Arm's serial port (PrimeCell UART PL011 Technical Reference Manual, r1p5).
//
// Package board opens those that the device tree names. Package serial makes the console of it.
package pl011
