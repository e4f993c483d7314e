// Package nic is what drivers of network cards share: the frames that they lend the network stack to be sent.
//
// Drivers call it, with memory that their card reaches and under their own lock. It knows no card and makes no memory.
package nic
