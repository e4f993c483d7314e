// Package xen says what drivers of a guest of Xen's ask of the hypervisor: parameters of the machine, pages shared with it,
// and event channels. The packages below it build on that: grant tables (grant), rings of requests (ring), the xenstore
// (store), the set-up of devices in it (bus), what the toolstack asks for (control), the devices (console, netfront, blkfront,
// balloon), and streams between domains (vchan).
//
// Package board opens the devices with the Machine it runs on; tests do with a model, package xentest.
//
// The other side of a ring is another domain, and is not trusted: what it writes is read once and checked. No page is
// shared that was not zeroed, and none is used for something else before the right to it has ended.
package xen
