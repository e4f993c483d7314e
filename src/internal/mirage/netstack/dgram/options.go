package dgram

import "internal/mirage/netstack/wire"

// Options are what setsockopt sets.
type Options struct {
	ReuseAddr    bool // others with ReuseAddr may bind the same address; the last one bound receives
	ReusePort    bool // others with ReusePort may bind the same address; flows are spread over them
	Broadcast    bool // sending to broadcast addresses is allowed
	V6Only       bool // an IPv6 socket takes no IPv4
	FreeBind     bool // an address may be bound that is not ours, or not yet (ip(7), IP_FREEBIND)
	Discover     Discovery
	RecvErr      bool  // what became of datagrams is kept for RecvFailure (IP_RECVERR)
	TTL          uint8 // of unicast datagrams; 0: the stack's default
	MulticastTTL uint8 // of multicast datagrams; 1 at first (RFC 1112 section 6.1)
	TOS          uint8
	NoLoop       bool // multicast datagrams do not come back to this host
	JoinedOnly   bool // of multicast datagrams those to groups that this socket has joined (IP_MULTICAST_ALL is off)

	// The same for IPv6 (RFC 3493 section 5, RFC 3542 section 6.5).
	Hops, MulticastHops, Class uint8
	NoLoop6, RecvErr6          bool
	JoinedOnly6                bool
	Discover6                  Discovery
	DontFragment6              bool // RFC 3542 section 11.2: what does not fit the path is EMSGSIZE
	FragmentSize6              int  // the largest datagram that is sent in one piece, 0: what the path takes (IPV6_MTU)

	MulticastIface, MulticastIface6 int // index of the interface for multicast datagrams, 0: the routes say

	Segment int // of UDP: what is longer is sent as several datagrams of so many octets (UDP_SEGMENT); 0: as one

	Iface      int // SO_BINDTODEVICE: index of the only interface used, 0 for any
	RecvBuffer int // octets of datagrams that may wait, each counted with 256 more
}

// defaultRecvBuffer is Linux's net.core.rmem_default, in octets.
const defaultRecvBuffer = 212992

// Defaults are the options of a new socket.
func Defaults() Options {
	return Options{
		MulticastTTL: 1, MulticastHops: 1, RecvBuffer: defaultRecvBuffer, Discover: DiscoverWant, Discover6: DiscoverWant,
	}
}

// Control is what may go along with a datagram (IP_PKTINFO, IP_TTL, IP_TOS). A zero field says nothing.
type Control struct {
	Src   wire.Addr // source address
	Iface int       // index of the interface
	TTL   uint8
	TOS   uint8

	DontFragment6 Choice // IPV6_DONTFRAG
	Segment       uint16 // UDP_SEGMENT
}

// A Choice is yes, no, or what the options say.
type Choice uint8

const (
	AsOptions Choice = iota
	Yes
	No
)

// A Discovery says what is done about datagrams that are larger than a path takes (ip(7), IP_MTU_DISCOVER, with Linux's numbers).
type Discovery uint8

const (
	DiscoverDont      Discovery = iota // they are sent in fragments, which may be made smaller on their way
	DiscoverWant                       // they are sent in fragments of the size that the path takes
	DiscoverDo                         // they are EMSGSIZE
	DiscoverProbe                      // what is larger than the link takes is EMSGSIZE: the path is what is to be found out
	DiscoverInterface                  // the same, and what ICMP says of the path is not believed
	DiscoverOmit                       // what the link takes is sent as it is, the rest in fragments, and ICMP is not believed
)

// A Datagram is what Recv says about what it received.
type Datagram struct {
	From  wire.AddrPort
	Dst   wire.Addr // the address it was sent to
	Iface int       // the interface it came in by
	Size  int       // octets of its payload; more than Recv returned means that the rest is lost (MSG_TRUNC)
	TTL   uint8
	TOS   uint8
	Time  int64 // when it came, nanoseconds of the stack's clock
}
