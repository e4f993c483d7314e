// Package net drives virtio network cards (virtio 1.2 section 5.1): one receive and one transmit queue, checksums and the
// cutting and putting together of TCP's segments left to the card, frames received in several buffers, MTU, and the state of
// the link.
//
// Package board opens a Device on a transport and makes it known to package device, from where the network stack takes it;
// neither knows the other.
//
// Receiving is one goroutine: it takes what the card has filled, hands each frame on where it lies, gives the buffer back,
// and when there is no more asks for an interrupt and waits. Sending allocates nothing and has no interrupt: what was sent
// is taken back when the next frames are asked for.
//
// The card is not trusted. Lengths, counts of buffers and checksum places are checked; a frame that fails is
// dropped and counted, a ring that fails ends the card. No control queue is used, and there is one pair of queues.
package net
