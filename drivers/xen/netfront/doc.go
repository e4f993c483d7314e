// Package netfront drives the network cards of a Xen guest (xen/include/public/io/netif.h): several queues where the back end
// offers them, with event channels of their own for each direction, received frames copied by the back end, and checksums and the
// cutting and putting together of TCP's segments left to the other side both ways.
//
// Package board opens a Device for each that package bus finds, and makes it known to package device, from where the network
// stack takes it; neither knows the other.
//
// The pages for frames are shared with the back end once, for as long as the card is there, and hold nothing but frames
// that go to it or come from it: sending and receiving cost no change of the grant table. Receiving is one goroutine for each
// queue, which hand frames on in turns; a connection's frames are all sent in one queue. Sending allocates nothing and has no
// event: what was sent is taken back when the next frames are asked for.
//
// The back end is not trusted: names, offsets and lengths are checked; an answer that breaks a rule ends the card, an error
// that it reports of a frame costs that frame. When it closes, the card has no link until it is there again, within a time; one that
// is taken away, or has failed, gives back all that it had of grants, channels and lines.
package netfront
