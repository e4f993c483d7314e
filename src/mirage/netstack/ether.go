package netstack

import (
	"internal/mirage/netstack"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
)

// A MAC is a hardware address.
type MAC [6]byte

// Broadcast is every station on a link.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// String returns m as six pairs of hexadecimal digits between colons.
func (m MAC) String() string { return wire.MACFrom(m).String() }

// A Frame is what has come with an EtherType of the program's own. Of a short frame the payload may have been filled up with
// zeros on the way: IEEE 802.3 section 3.2.7.
type Frame struct {
	Interface           int // index of the card that it came by
	Source, Destination MAC
	Payload             []byte
}

// An Ether is a protocol on Ethernet.
type Ether struct {
	stack *Stack
	typ   uint16
	once  sync.Once
}

// HandleEther makes h receive the frames with an EtherType, from 0x600 on: those to this station, to groups and to all. The
// errors are EADDRINUSE (somebody has it; the stack has IPv4, IPv6 and ARP) and EINVAL.
func (s *Stack) HandleEther(etherType uint16, h func(f Frame)) (*Ether, error) {
	err := s.under.HandleEther(etherType, func(i *netstack.Interface, e wire.Ethernet) {
		h(Frame{i.Index(), e.Src().As6(), e.Dst().As6(), e.Payload()})
	})
	if err != nil {
		return nil, failed("ether", err)
	}
	return &Ether{stack: s, typ: etherType}, nil
}

// Send sends a frame by a card. The errors are ENODEV, EMSGSIZE (longer than the card's MTU) and EAGAIN (its queue is full).
func (e *Ether) Send(card int, to MAC, payload []byte) error {
	i := e.stack.under.Interface(card)
	if i == nil {
		return failed("send", inet.ENODEV)
	}
	return failed("send", i.SendEther(wire.MACFrom(to), e.typ, payload))
}

// Close ends receiving. The handler may still run.
func (e *Ether) Close() { e.once.Do(func() { e.stack.under.HandleEther(e.typ, nil) }) }
