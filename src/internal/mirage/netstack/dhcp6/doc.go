// Package dhcp6 is a DHCPv6 client (RFC 9915): for what else than an address there is to know (Information-request), or for
// an address too, as routers say by their flags.
//
// It is passive: the stack hands it received messages and the time, sends the message that comes back and follows its event,
// and asks Next when to call Expire. Nothing here sends, starts a goroutine or reads a clock.
package dhcp6
