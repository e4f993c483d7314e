// Package console drives the PV console of a Xen guest (xen/include/public/io/console.h): two rings of bytes in a page that
// the toolstack's console daemon shares.
//
// Package board opens it. A write returns when the daemon has taken the bytes, so that nothing is lost when the machine ends
// after it; the runtime's console of last resort writes to the same ring. Input that nobody reads stays in the ring, and
// holds who types up.
package console
