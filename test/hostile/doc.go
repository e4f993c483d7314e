// Package hostile puts a machine on a network with one peer, which sends whatever it likes: random frames, forged ARP
// and DHCP, fragments that overlap or never end, as fast as it can. The server in the machine must go on answering,
// and its memory must not grow.
//
// The peer is this test: QEMU carries the machine's Ethernet frames over UDP.
package hostile
