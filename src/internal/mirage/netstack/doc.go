// Package netstack is the network stack: it joins cards (device.NIC), addresses, routes, and the passive
// protocol machines of the packages below it into a Stack, on which transports (package udp) are made.
//
// The system-call layer makes one at boot; a program that wants less than sockets uses it through the public
// package; tests make many, with a clock of their own. It imports no driver, and no transport but where a
// function names one (StartDHCP), so that a program carries only what it calls. README.md has the walk of a packet.
package netstack
