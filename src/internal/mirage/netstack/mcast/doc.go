// Package mcast tells the routers of a link which multicast groups this host listens to: the host's part of MLDv2 (RFC 3810)
// for IPv6 and of IGMPv3 (RFC 3376) for IPv4, which are one protocol with two sets of messages; and of the version before
// while a router speaks only that (section 8 of one, section 7 of the other).
//
// It is passive: the stack (package netstack) tells it of joins, leaves and queries, sends the reports that Poll returns, and
// asks Next when to call it. Nothing here sends, starts a goroutine or reads a clock.
package mcast
