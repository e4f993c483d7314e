// Package irq lets drivers, which are goroutines, wait for interrupts.
//
// A Line is waited for. There are three kinds: a message-signalled interrupt of one device (Message), an Event, which
// is raised by software, and the inputs of the interrupt controller, which devices may share: for those, Attach
// names a handler, which runs in the input's own goroutine, quiets the device and raises events.
//
// Drivers and buses call it. No code here or in a driver runs in interrupt context: the runtime marks a line and
// wakes its goroutine. On a host, for tests, lines are raised by the device models.
package irq
