// Package ring is the front end's side of a ring of requests and responses in a page that another domain shares
// (xen/include/public/io/ring.h). It knows memory, no device and no events.
//
// Drivers of devices call it. A ring is for one goroutine at a time; drivers lock. An entry is a few words of 32 bits.
//
// The other side is not trusted. It may write anything anywhere in the page at any time: indices and entries are read once,
// into memory of our own, and checked. The first violation breaks the ring for good. What an entry says is for the driver
// to check, which for the names of requests is what IDs are for.
package ring
