// Package dgram is what sockets of datagrams have in common, whatever protocol their datagrams are of: the queue of what was
// received, the pending error, options and what they say of headers, multicast groups, the way out.
//
// A protocol (package udp, package raw) embeds a Socket in its own, and adds what is its own: addresses and ports, and which
// datagram is for which socket. Nothing here blocks, starts a goroutine or knows what a file descriptor is.
package dgram
