// Package arp is the Address Resolution Protocol for one interface (RFC 826, RFC 1122 section 2.3.2, RFC 5227):
// a Cache of neighbours with the frames that wait for them, and a Probe that claims an address.
//
// Both are passive: the interface (package netstack) hands them messages and the time, and sends what they
// return. Only an answer to a question of our own is believed; whatever else claims that a neighbour has moved
// makes the cache ask the neighbour itself. Everything is bounded, so that neither forged answers nor forged
// destinations make it grow. Nothing here sends, starts a goroutine or reads a clock.
package arp
