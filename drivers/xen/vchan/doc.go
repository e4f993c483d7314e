// Package vchan is streams of bytes between two domains, through memory that one of them shares with the other
// (xen/include/public/io/libxenvchan.h; tools/libs/vchan has the names in the xenstore): what libxenvchan speaks.
//
// Package mirage/vchan makes connections of it, which wait; here nothing does. One side, the server, offers a channel to one other
// domain at a path of its own in the xenstore: a page with counts, states and wishes, memory for two rings, and an event channel.
// The other, the client, connects to it, by mapping that memory.
//
// The other side is not trusted. What it may change at any time is read once and checked: counts by package ring, the sizes
// of rings before anything is mapped. Its end is noticed, whether it closes the channel or vanishes.
package vchan
