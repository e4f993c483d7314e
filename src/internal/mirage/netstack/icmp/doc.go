// Package icmp is ICMP for IPv4 (RFC 792, RFC 1122 section 3.2.2) and for IPv6 (RFC 4443): which datagrams may be answered
// with an error, what that error looks like, what an error from elsewhere means, and how many may be sent.
//
// It is passive: the stack (package netstack) calls it from its receive path and sends what it made. Nothing
// here sends, starts a goroutine or reads a clock.
package icmp
