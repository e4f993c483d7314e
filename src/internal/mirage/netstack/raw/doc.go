// Package raw is sockets on IP itself (raw(7), RFC 3542 section 3): each gets a copy of every datagram of its protocol that
// comes, beside the transport of the stack that it is for, and sends datagrams of that protocol, or with an IP header of its
// own. And it is sockets that ask other hosts for an echo, and get the replies to what they asked alone (a Ping, icmp(7)).
//
// A Protocol is made on an inet.RawNetwork, which shows it what comes only while there are such sockets. Both kinds embed an
// end, and that a dgram.Socket. Nothing here blocks, starts a goroutine or knows what a file descriptor is.
package raw
