// Package genet drives a Raspberry Pi 4's network card: Broadcom's GENET of version 5, with a BCM54213PE transceiver (package phy).
// There is no manual of it for the public. What is known stands in Linux, drivers/net/ethernet/broadcom/genet, and in U-Boot,
// drivers/net/bcmgenet.c: names of registers here are theirs.
//
// One ring of descriptors for each direction, that of number 16, to which everything goes that no filter sorts out. Descriptors lie
// in the card's registers, frames in uncached memory of their own for each: what is sent and received is copied once. Lengths and
// indices that the card says are checked before they are used. No checksum offload yet, no jumbo frames, no filters: multicast is the
// stack's to sort out.
package genet
