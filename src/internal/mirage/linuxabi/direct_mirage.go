//go:build mirage

package linuxabi

import (
	"internal/mirage/machine"
	"internal/mirage/netstack"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/udp"
)

// machineProcess is the machine's, from init on.
var machineProcess *Process

// streamFamily is TCP if it is linked: see streams.
var streamFamily = &absentFamily

// TCP is the machine's TCP.
func TCP() *tcp.Protocol { return machineProcess.net.tcp.(tcpStreams).Protocol }

// UDP is the machine's UDP, for public packages that offer less than sockets.
func UDP() *udp.Protocol { return machineProcess.net.udp }

// Stack is the machine's network stack, for a program that has it call functions.
func Stack() *netstack.Stack {
	machine.CalledFromOutside()
	return machineProcess.net.stack
}

// AwaitNetwork waits until the first attempt to configure the network has ended, well or badly.
func AwaitNetwork() { machineProcess.net.wait() }
