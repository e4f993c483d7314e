// Package xentest has models for the tests of drivers of a Xen guest: the hypervisor with its event channels and grant
// table, the xenstore's daemon, and the back end's side of a ring. It is written from Xen's public headers and shares no code
// with the drivers. Nothing but tests imports it.
package xentest
