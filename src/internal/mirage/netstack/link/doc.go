// Package link has network cards that need no hardware: the loopback of every stack, a Channel that joins two
// stacks in memory with faults put in, captures to and replays from pcap files. (A tap device is in link/tap.)
//
// Each is a device.NIC, so that the stack runs on a host, in tests and under a fuzzer as it runs on a card.
// Nothing here knows a protocol above the frame.
package link
