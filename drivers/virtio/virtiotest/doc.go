// Package virtiotest has models of virtio devices for the tests of drivers: the device's side of a split ring, and the
// registers of the transports. It is written from the specification and shares no code with the drivers. Nothing but
// tests imports it.
package virtiotest
