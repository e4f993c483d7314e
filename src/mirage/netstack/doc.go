// Package netstack is the network below sockets, for programs that want less of it, or something else on it.
//
// A Stack is mirage's network stack: on GOOS=mirage the machine's own, whose cards and addresses the command line says; on Linux
// one of the program's own, on a tap device (Open). On it a program answers datagrams where they lie in the card's memory
// (HandleUDP), puts a protocol of its own on Ethernet (HandleEther) or on IP (HandleIP), decides which frames come and go (Filter),
// and records them (Capture). Handlers and filters run where frames are received and sent, many at once: they do not block, and
// what they are given is theirs only until they return.
//
// A program carries what it names. This package has no TCP: mirage/netstack/tcp brings it, for stacks that sockets do not come to;
// and a program for GOOS=mirage that makes no socket carries none at all (misc/examples/echo, which is a tenth smaller for it).
//
// HandleUDP as a function serves on the machine's stack, and on any other system on its sockets.
package netstack
