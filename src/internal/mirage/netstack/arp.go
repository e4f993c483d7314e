package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/arp"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// owns reports whether a is an address of this interface: only for those does it answer ARP.
func (i *Interface) owns(a wire.Addr) bool { return i.stack.view.Load().ownOn(a, i.index) }

// resolve looks for a neighbour that is not in the fast part of the cache. If it is not known, a copy of the frame
// waits for it in the cache, so that nobody can fill the card's queue with frames that go nowhere.
func (i *Interface) resolve(f *device.Frame, r *inet.Route, batch bool) (mac wire.MAC, known bool) {
	now := i.stack.Now()
	mac, answer, question := i.neighbours.Resolve(now, r.Next, r.Src, func() *device.Frame { return copyOf(f) })
	if answer == arp.Known {
		return mac, true
	}
	i.nic.Discard(f)
	switch answer {
	case arp.Refused:
		i.stack.counters.ARPRefused.Add(1)
		i.counters.txDropped.Add(1)
	case arp.Asked:
		i.sendARP(question, batch)
		i.armARP()
	}
	return mac, false
}

// copyOf copies a frame to memory that is not the card's.
func copyOf(f *device.Frame) *device.Frame {
	held := *f
	held.Bytes = append([]byte(nil), f.Bytes...)
	return &held
}

// receiveARP takes an ARP message.
func (i *Interface) receiveARP(b []byte) {
	s := i.stack
	s.counters.ARPInMsgs.Add(1)
	m, ok := wire.ParseARP(b)
	if !ok || i.loopback {
		s.counters.ARPInErrors.Add(1)
		return
	}
	now := s.Now()
	i.checkClaims(now, m)
	r := i.neighbours.Input(now, m)
	if r.Wrong {
		s.counters.ARPInErrors.Add(1)
	}
	if r.Send {
		i.sendARP(r.Message, true)
	}
	for _, held := range r.Released {
		i.sendHeld(held, r.MAC, wire.TypeIPv4)
	}
	if r.Send || len(r.Released) > 0 {
		i.armARP()
	}
}

// sendHeld sends a frame that waited for its neighbour.
func (i *Interface) sendHeld(held *device.Frame, to wire.MAC, typ uint16) {
	f := i.nic.Alloc(len(held.Bytes))
	if f == nil {
		i.counters.txDropped.Add(1)
		return
	}
	copy(f.Bytes, held.Bytes)
	f.Checksum, f.Start, f.Offset, f.Segment = held.Checksum, held.Start, held.Offset, held.Segment
	wire.Ethernet(f.Bytes).Put(to, i.mac, typ)
	i.transmit(f, true)
}

// sendARP sends a message. batch: from the receive function.
func (i *Interface) sendARP(m arp.Message, batch bool) {
	f := i.nic.Alloc(wire.EthernetLen + wire.ARPLen)
	if f == nil {
		i.counters.txDropped.Add(1)
		return
	}
	e := wire.Ethernet(f.Bytes)
	e.Put(m.To, i.mac, wire.TypeARP)
	wire.ARP(e.Payload()).Put(m.Op, i.mac, m.Sender, m.TargetMAC, m.Target)
	i.stack.counters.ARPOutMsgs.Add(1)
	i.transmit(f, batch)
}

// armARP makes expireARP run when something is due.
func (i *Interface) armARP() {
	next := i.neighbours.Next()
	if due := i.claims.next(); next == 0 || due != 0 && due < next {
		next = due
	}
	if next != 0 {
		i.stack.noLater(&i.arpTimer, next)
	}
}

func (i *Interface) expireARP(now int64) {
	ask, failed := i.neighbours.Expire(now)
	for _, m := range ask {
		i.sendARP(m, false)
	}
	for _, neighbour := range failed {
		i.stack.counters.ARPFailed.Add(1)
		for _, held := range neighbour.Frames {
			i.unreachable(held)
		}
	}
	i.pollClaims(now)
	i.armARP()
}

// unreachable tells the sender of a frame that its neighbour does not answer, as a router in our place would tell
// it by ICMP (RFC 1812 section 5.2.7.1, code 1).
func (i *Interface) unreachable(held *device.Frame) {
	i.counters.txDropped.Add(1)
	p, ok := wire.ParseIPv4(held.Bytes[wire.EthernetLen:])
	if !ok || p.FragmentOffset() != 0 || len(p.Payload()) < 8 {
		return
	}
	i.stack.failed(p.Protocol(), &inet.SendError{
		Src: p.Src(), Dst: p.Dst(), Errno: inet.EHOSTUNREACH, From: p.Src(),
		Type: wire.ICMPUnreachable, Code: wire.CodeHost, Payload: p.Payload(),
	})
}
