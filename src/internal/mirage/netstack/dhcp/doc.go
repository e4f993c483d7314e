// Package dhcp is the client of the Dynamic Host Configuration Protocol for IPv4 (RFC 2131, RFC 2132), without
// INIT-REBOOT, for nothing is kept over a reboot.
//
// A Client is passive: the stack (package netstack, StartDHCP) hands it messages and the time, sends what it returns,
// and configures the interface as its events say. It believes only answers to its own questions, and of those
// only what makes sense. Nothing here sends, starts a goroutine or reads a clock.
package dhcp
