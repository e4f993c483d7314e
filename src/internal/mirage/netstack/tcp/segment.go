package tcp

import "internal/mirage/netstack/wire"

// A segment is one that has come in, its checksum right and its options read.
type segment struct {
	seq, ack seq
	flags    uint8
	window   int // as the header has it
	options  wire.TCPOptions
	payload  []byte

	ecn     uint8 // of the IP header
	reopens bool  // a SYN that takes a connection's place in TIME-WAIT,
	follows seq   // whose sequence numbers ended here
}

// parse reads a header; false if the options are malformed.
func (s *segment) parse(t wire.TCP) bool {
	s.seq, s.ack = seq(t.Seq()), seq(t.Ack())
	s.flags, s.window, s.payload = t.Flags(), int(t.Window()), t.Payload()
	return s.options.Parse(t.Options())
}

func (s *segment) has(flags uint8) bool { return s.flags&flags != 0 }

// length is SEG.LEN of RFC 9293 section 3.3.1: octets, SYN and FIN.
func (s *segment) length() int {
	n := len(s.payload)
	if s.has(wire.SYN) {
		n++
	}
	if s.has(wire.FIN) {
		n++
	}
	return n
}

func (s *segment) end() seq { return s.seq.add(s.length()) }

// An outgoing is a segment to be sent: what conn.next has decided.
type outgoing struct {
	seq, ack seq
	flags    uint8
	window   uint16
	options  wire.TCPOptions
	at, n    int // the payload: n octets at this offset of the send buffer
	kind     kind
	record   int // of a repeated segment: its place in the flight
	edge     seq // the right edge of the window that it offers
}

// A kind is what a segment is sent for.
type kind uint8

const (
	kindAck    kind = iota // to acknowledge or to offer a window
	kindSyn                // first or repeated
	kindFresh              // data or FIN for the first time
	kindLonger             // data for the first time, longer than what is known to get through
	kindAgain              // from the flight
	kindProbe              // of a window too small: an octet that counts only if it is acknowledged
	kindAlive              // keep-alive: RFC 9293 section 3.8.4
	kindReset
)
