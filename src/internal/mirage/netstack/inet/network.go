package inet

import (
	"internal/mirage/device"
	"internal/mirage/netstack/wire"
)

// A Network is the layer below a transport protocol: addresses, routes, and the way to the cards.
// All methods may be called from any goroutine, and with the transport's own locks held.
type Network interface {
	// Register makes t the receiver of an IP protocol number. Once per number.
	Register(protocol uint8, t Transport)

	// Now is the monotonic clock in nanoseconds.
	Now() int64

	// Random fills p from a cryptographic generator.
	Random(p []byte)

	// Route finds the way to dst: through the interface with that index only, if it is not 0; from the address
	// src, if it is specified. The errors are ENETUNREACH, EADDRNOTAVAIL (src is not ours, or there is none to send from),
	// EINVAL (dst is link-local, and iface is 0) and ENODEV.
	Route(dst, src wire.Addr, iface int) (Route, error)

	// Generation changes whenever a Route found earlier may no longer be right.
	Generation() uint32

	// Local reports what an address is to this host, on the interface with that index or, if 0, on any.
	Local(a wire.Addr, iface int) Locality

	// Open begins a datagram of at most size octets of transport header and payload, that goes the way of o.Route. With
	// o.Segment set that is up to o.Route.Whole, and EAGAIN may only mean that the card has no room for one so long.
	// It sets Bytes, Frame, Offload and PartialAt. The errors are EMSGSIZE and EAGAIN (the card's queue is full: see
	// WhenWritable).
	Open(o *Out, size int) error

	// Reply is Route and Open for an answer to p, to be sent before p's Input returns: from the address that p was sent to,
	// to the sender. Size 0 stands for what one frame takes. There is one Out for each card.
	Reply(p *Packet, size int) (*Out, error)

	// Send puts the lower headers in front of o.Bytes and sends it, or gives it to ARP to be sent later. What Open
	// returned is gone then, also after an error: EMSGSIZE (longer than a frame, and DontFrag).
	Send(o *Out) error

	// Drop gives back what Open returned.
	Drop(o *Out)

	// WhenWritable calls f once, soon after now, when the card of r is likely to take a frame. A batch ends there.
	WhenWritable(r Route, f func())

	// Flush ends a batch: the card of r hears of what was sent.
	Flush(r Route)

	// Confirm says that what was sent by r has been answered by its end: the neighbour on the way there is reachable (RFC 4861
	// section 7.3.1).
	Confirm(r *Route)

	// Unreachable answers p with an ICMP destination unreachable message (port unreachable), if RFC 1122 section
	// 3.2.2 and the rate limit allow it.
	Unreachable(p *Packet)

	// JoinGroup makes the interface with that index receive what f wants of a multicast group until LeaveGroup is called with
	// the same; 0 stands for the interface by which it would be sent to. It returns the interface's index. ChangeGroup puts to
	// in place of from.
	JoinGroup(a wire.Addr, iface int, f wire.SourceFilter) (int, error)
	LeaveGroup(a wire.Addr, iface int, f wire.SourceFilter) error
	ChangeGroup(a wire.Addr, iface int, from, to wire.SourceFilter) error

	// Schedule arranges that t fires at a time, or, if it is already waiting, that it fires at the new time.
	Schedule(t *Timer, at int64)

	// Cancel makes t not fire. The function may be running already.
	Cancel(t *Timer)
}

// A Transport is the receiving side of a protocol above IP.
type Transport interface {
	// Input takes one datagram. p and all that it points to are valid only during the call. Input may send; it
	// is called in a driver's goroutine, for different cards at once.
	Input(p *Packet)

	// Error says that a datagram that this host sent came to nothing. It reports whether, for all that the transport knows, it
	// was sent: what it did not send was not lost (RFC 5927 section 4).
	Error(e *SendError) (sent bool)
}

// A RawNetwork is a Network that shows what comes before a transport sees it, and sends what others have made.
type RawNetwork interface {
	Network

	// SetTap makes t see what comes; nil ends that.
	SetTap(t Tap)

	// SendWhole sends b, a datagram with its IP header, by r. Of IPv4's header it fills in the length, the checksum, and the
	// source and the identification if they are 0 (raw(7)). loops: what is sent to a group that this host has joined comes back.
	// The errors are EMSGSIZE (longer than a frame), EINVAL (shorter than its header) and EAGAIN.
	SendWhole(r *Route, b []byte, loops bool) error

	// CountICMP counts a message of ICMP, or of ICMPv6 if v6 is set, that is sent.
	CountICMP(v6 bool, m []byte)
}

// A Tap sees datagrams, and the news that one came to nothing, before the transport does that they are for. The rules are those
// for a Transport.
type Tap interface {
	// Input takes one datagram and reports whether somebody wanted it.
	Input(protocol uint8, p *Packet) (taken bool)
	Error(protocol uint8, e *SendError) (sent bool)
}

// Locality is what an address is to this host.
type Locality uint8

const (
	Foreign   Locality = iota
	Own                // an address of one of our interfaces, or loopback
	Broadcast          // a broadcast address of one of our networks, or 255.255.255.255
	Multicast
)

// A Packet is a received datagram as a transport sees it.
type Packet struct {
	Src, Dst wire.Addr
	Payload  []byte   // from the transport header on, to the end that the IP header gives
	Header   []byte   // the IP header, with Payload following it in the same array
	Iface    int      // index of the interface it came in by
	Zone     uint32   // the same if Src is link-local, 0 if not
	TTL, TOS uint8    // IPv6: hop limit and traffic class
	To       Locality // what Dst is to us
	Valid    bool     // the transport checksum need not be checked
}

// A Route is the way to a destination. A value, to be kept as long as Network.Generation stays.
type Route struct {
	Link  Link      // where it goes out
	Dst   wire.Addr // where it ends
	Src   wire.Addr // ours, to be the source
	Next  wire.Addr // the neighbour to hand it to: Dst or a gateway
	Room  int       // octets of transport header and payload that go in one frame all the way, as far as is known
	Most  int       // the same as Link has it, whatever is known of the way behind it
	Whole int       // the same of TCP, for the card to cut into segments (Out.Segment); 0 where it does not
	To    Locality  // what Dst is
}

// A Link is an interface of the Network that made the Route.
type Link interface{ Index() int }

// An Out is a datagram on its way out, between Network.Open and Send. The transport fills Bytes, may shorten
// it, and sets Protocol and what else it wants. It can be used again and again.
type Out struct {
	Route     Route
	Bytes     []byte        // transport header and payload, with room in front for the headers below
	Frame     *device.Frame // what Bytes is part of; nil if it is longer than one frame takes
	IP        wire.IPFields // Protocol, TTL, TOS and DontFrag are the transport's
	Segment   uint16        // TCP: the card is to make segments of so many octets of payload; 0: it goes as it is
	PartialAt uint16        // offset in Bytes of a checksum field that holds the pseudo-header's sum; 0: it is right already
	Offload   bool          // the transport may leave its checksum to the card and set PartialAt
	Loop      bool          // what is sent to a group that this host has joined comes back to it
	Batch     bool          // more follows at once, or it is sent from the receive function of the same card, whose driver flushes
}

// A SendError is an ICMP error, or the failure of ARP or neighbour discovery, about a datagram from Src to Dst.
type SendError struct {
	Src, Dst   wire.Addr
	Errno      Errno
	Hard       bool      // RFC 1122 section 4.2.3.9: not to be waited out
	From       wire.Addr // who says so; our own address if it is this host
	Type, Code uint8     // of the ICMP message; host (address) unreachable if there was none
	Zone       uint32    // index of the interface, if Dst is link-local
	Info       uint32    // the MTU, or the octet that is wrong, as the ICMP message says (ip(7), ee_info)
	Room       int       // with EMSGSIZE: what of a datagram's transport header and payload the path takes
	Payload    []byte    // the first bytes of the datagram's transport header, at least 8; valid only during the call
}
