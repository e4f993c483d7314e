// Package console drives virtio console devices (virtio 1.2 section 5.3): one port, or several that the host names and opens.
//
// Package board opens a Device on a transport, which makes its ports known to package device as they appear: a port that the host
// says is a console as a console, one that has a name as a port of that name.
//
// A port has a few buffers each way. Input that nobody reads stays in them, and holds the host up. A write returns when
// the host has taken the bytes, so that nothing is lost when the machine ends after it.
//
// The host's control messages are not trusted: ports that do not exist, names without end and repetitions are ignored. More
// than maxPorts ports are not used.
package console
