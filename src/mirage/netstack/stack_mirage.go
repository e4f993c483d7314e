//go:build mirage

package netstack

import (
	"internal/mirage/linuxabi"
	"net/netip"
)

// machine is the machine's stack.
var machine = &Stack{under: linuxabi.Stack(), udp: linuxabi.UDP(), ready: linuxabi.AwaitNetwork, close: func() {}}

func open(Config) (*Stack, error) { return machine, nil }

// HandleUDP makes h answer what comes to addr: an address of this machine, or an unspecified one for all, and a port. The errors
// are those of net.ListenUDP.
func HandleUDP(addr netip.AddrPort, h Handler) (*UDP, error) { return machine.HandleUDP(addr, h) }
