// Package device says what a network card, a disk, a console and a source of randomness are to the rest of the
// library OS, and keeps the list of those that were found.
//
// Drivers implement these interfaces and register; the stack and the system-call layer use them. Neither
// imports the other. Nothing here does I/O.
package device
