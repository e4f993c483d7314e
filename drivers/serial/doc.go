// Package serial makes a console of a serial port: input that waits until it is read, output that waits while the port is
// full, both without polling. The ports themselves are packages ns16550 and pl011 below, which open consoles through it.
//
// Package board opens one and makes it known to package device. What the runtime writes to the same port by itself, polling,
// mixes with what is written here but disturbs nothing: the two share only the data register.
package serial
