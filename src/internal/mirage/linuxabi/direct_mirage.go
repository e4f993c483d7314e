//go:build mirage

package linuxabi

import "internal/mirage/netstack/udp"

// machineProcess is the machine's, from init on.
var machineProcess *Process

// UDP is the machine's UDP, for public packages that offer less than sockets.
func UDP() *udp.Protocol { return machineProcess.net.udp }
