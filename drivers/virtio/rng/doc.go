// Package rng drives virtio entropy devices (virtio 1.2 section 5.4), which give random bytes from the host.
//
// Package board opens a Device on a transport, feeds the runtime's generator from it, and makes it known to package device.
//
// The device writes only where it is asked to, and what it says it wrote is what was asked for at most. Whether its bytes
// are any good nobody can check: the runtime mixes them with its other sources.
package rng
