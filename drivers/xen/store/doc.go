// Package store is a client of the xenstore, in which domains tell each other what devices they have (Xen,
// docs/misc/xenstore.txt; xen/include/public/io/xs_wire.h): requests and answers, transactions, and watches.
//
// Package board opens it, and package bus sets up devices by it. Paths are absolute or relative to the machine's own
// folder. One request is on its way at a time. A watch says only that something may have changed: who watches reads again.
//
// The store is the toolstack's, but its messages are checked all the same: an answer to no question, a length beyond what is
// allowed or an impossible index ends the client, and all calls then fail.
package store
