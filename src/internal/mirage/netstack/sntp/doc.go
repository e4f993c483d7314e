// Package sntp asks time servers what time it is and says what follows for the clock: the simple network time protocol (RFC 4330),
// with those rules of NTP's clients (RFC 5905, RFC 8633) that keep a liar, a server that is wrong, and a slow network from it.
//
// A Client is a passive machine: it is told the time of the monotonic clock, what comes and what the wall clock shows, and says what
// to send, when it wants to be called again, and what is to be done to the wall clock. The stack owns one (netstack.StartSNTP). It
// does no I/O and touches no clock.
package sntp
