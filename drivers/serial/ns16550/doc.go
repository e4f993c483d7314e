// Package ns16550 drives the serial port of PCs (National Semiconductor PC16550D data sheet), by I/O ports or in memory.
//
// Package board opens it at COM1. Package serial makes the console of it.
package ns16550
