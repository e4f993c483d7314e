package netstack

import (
	"internal/byteorder"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
	"net/netip"
	"sync"
)

// A View is a look at a frame that has come and that nobody else has seen yet, or that is about to go. A long one that goes may
// be one that the card cuts into many.
type View struct {
	Out       bool
	Interface int    // index of the card
	Frame     []byte // from the destination address on
}

// EtherType is the frame's type, 0 if it is too short for one.
func (v View) EtherType() uint16 {
	if e, ok := wire.ParseEthernet(v.Frame); ok {
		return e.Type()
	}
	return 0
}

// An IPView is the IP packet in a frame.
type IPView struct {
	Source, Destination netip.Addr
	Protocol            uint8  // behind extension headers; 44 for a fragment of IPv6
	Fragment            bool   // it is part of a packet: but for the first it has no ports
	Payload             []byte // of the packet or its part
}

// IP returns the IP packet in the frame. It is false if there is none, or none that a host would take.
func (v View) IP() (p IPView, ok bool) {
	e, ok := wire.ParseEthernet(v.Frame)
	if !ok {
		return p, false
	}
	switch e.Type() {
	case wire.TypeIPv4:
		q, ok := wire.ParseIPv4(e.Payload())
		if !ok {
			return p, false
		}
		return IPView{fromWire(q.Src()), fromWire(q.Dst()), q.Protocol(), q.IsFragment(), q.Payload()}, true
	case wire.TypeIPv6:
		q, ok := wire.ParseIPv6(e.Payload())
		if !ok {
			return p, false
		}
		chain, problem := wire.Walk(q)
		if problem.Verdict != wire.Accept {
			return p, false
		}
		return IPView{fromWire(q.Src()), fromWire(q.Dst()), chain.Next, chain.Next == wire.ProtoFragment, q[chain.At:]}, true
	}
	return p, false
}

// Ports returns the ports of a packet of UDP or TCP. It is false for any other, and for fragments.
func (p IPView) Ports() (source, destination uint16, ok bool) {
	if p.Fragment || p.Protocol != wire.ProtoUDP && p.Protocol != wire.ProtoTCP || len(p.Payload) < 4 {
		return 0, 0, false
	}
	return byteorder.BEUint16(p.Payload), byteorder.BEUint16(p.Payload[2:]), true
}

// Filter has accept decide about each frame, those of lo too: what it does not accept is dropped, and counted as such. Of several
// filters all have to accept. remove ends it.
func (s *Stack) Filter(accept func(v View) bool) (remove func()) {
	stop := s.under.Filter(func(i *netstack.Interface, out bool, frame []byte) bool {
		return accept(View{out, i.Index(), frame})
	})
	return sync.OnceFunc(stop)
}
