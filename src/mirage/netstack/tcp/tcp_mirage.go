//go:build mirage

package tcp

import (
	"internal/mirage/linuxabi"
	"internal/mirage/netstack/tcp"
	"mirage/netstack"
)

var machine func() *tcp.Protocol

// Whoever imports this package has TCP on the machine's stack: the linker sees that it is asked for.
func init() { machine = linuxabi.TCP }

// on returns the machine's TCP: there is no other stack.
func on(*netstack.Stack) *tcp.Protocol { return machine() }
