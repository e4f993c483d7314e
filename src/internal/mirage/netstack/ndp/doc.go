// Package ndp is neighbour discovery for IPv6 (RFC 4861) and what hosts learn by it: the neighbours' hardware addresses
// (Cache), whether an address of ours is someone else's (Probe, RFC 4862 and 4429), and routers, prefixes, addresses and
// name servers as routers advertise them (Host, RFC 4862, 7217, 8981 and 8106).
//
// It is passive: the stack (package netstack) hands it checked messages and the time, sends what comes back, and asks Next
// when to call Expire. Nothing here sends, starts a goroutine or reads a clock. Memory is bounded whatever the link says.
package ndp
