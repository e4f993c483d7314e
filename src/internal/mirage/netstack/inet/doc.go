// Package inet is what the layers of the stack say to each other: how a transport protocol sends and receives
// through the layer below it, the errors that sockets give, and the timers.
//
// The stack (package netstack) implements Network; a transport (packages udp, and later tcp) implements
// Transport and registers itself, so that neither names the other and a program carries only the transports
// that it makes. Nothing here does I/O.
package inet
