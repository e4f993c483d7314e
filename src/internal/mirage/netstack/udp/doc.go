// Package udp is the User Datagram Protocol (RFC 768, RFC 1122 section 4.1): sockets that never block, and
// handlers that answer a datagram inside the receive path.
//
// A Protocol is made on an inet.Network and registers itself there. The system-call layer makes Sockets; the
// DHCP client uses one too; a program that wants less than sockets (a DNS server) gives a Handler.
// Nothing here blocks, starts a goroutine or knows what a file descriptor is.
package udp
