// Package wire holds the formats of the network: addresses, headers and checksums.
//
// A header is a view: a slice type whose methods read and write fields where they lie. A conversion such as
// IPv4(b) is the unchecked view, for a writer who has made room; ParseIPv4(b) is the checked one, for bytes
// from outside: after it every method stays inside the slice and every length has been compared with the
// bytes that are there. What a field means to a protocol is for the packages above.
//
// Every layer of the stack calls it. It does no I/O, knows no clock, keeps no state and allocates nothing
// except to give text.
package wire
