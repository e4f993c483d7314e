// Package tcp is the Transmission Control Protocol (RFC 9293 and those that it names).
//
// It has two halves. A conn (conn.go) is one connection as a passive machine: it is told the time and the segments that come
// in, and asked what to send; it does no I/O, has no clock, no lock and no goroutine, and is tested in virtual time. One
// concern is one file: state.go is the state machine, recv.go and gaps.go reassembly, send.go what goes out, window.go flow
// control, ack.go, sack.go, loss.go, rack.go, reorder.go, rto.go and undo.go what has arrived and what is lost, mtu.go how long segments
// may be, ecn.go, timestamps.go, keepalive.go, timewait.go. Package cong says how much may be under way.
//
// The other half joins conns with the network: a Protocol (protocol.go) finds the Socket of a segment in a table of
// connections (table.go) or of ports (ports.go), and a Socket (socket.go) is what the system-call layer sees: calls that
// never block, with Linux's errors. Nothing here knows what a file descriptor is.
//
// Not there yet: urgent data (its octets are in the stream). The connections that a listener made do not keep others from binding its
// port once it is closed.
package tcp
