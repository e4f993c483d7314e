package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ndp"
	"internal/mirage/netstack/wire"
)

// askFrom returns the address of an interface to send neighbour discovery's questions from: a if it may be, else one that is
// known to be ours (RFC 4429 section 3.2), :: if there is none yet. link: only a link-local one will do.
func (v *view) askFrom(a wire.Addr, iface int, link bool) wire.Addr {
	found := wire.Any6
	for k := range v.addrs {
		l := &v.addrs[k]
		if l.iface != iface || l.to != inet.Own || l.addr.Is4() || l.source.optimistic || link && !l.addr.IsLinkLocal() {
			continue
		}
		if l.addr == a {
			return a
		}
		if found == wire.Any6 || l.addr.IsLinkLocal() {
			found = l.addr
		}
	}
	return found
}

// signal sends a message of the link's own: with hop limit 255, by which the receiver knows that no router has passed it on
// (RFC 4861 section 3.1), or, if it is MLD's, with 1 and a router alert (RFC 3810 section 5). to 0 stands for dst's group.
func (i *Interface) signal(src, dst wire.Addr, to wire.MAC, n int, put func(m wire.ICMPv6)) {
	if to == 0 {
		to = wire.MulticastMAC(dst)
	}
	f := i.nic.Alloc(ipv6Room + wire.RouterAlertLen + n)
	if f == nil {
		i.counters.txDropped.Add(1)
		return
	}
	m := wire.ICMPv6(f.Bytes[ipv6Room : ipv6Room+n])
	clear(m)
	put(m)
	h := wire.IPFields{Protocol: wire.ProtoICMPv6, TTL: 255}
	size, typ := n, m.Type()
	switch typ {
	case wire.ICMPv6MLDv1Report, wire.ICMPv6MLDv1Done, wire.ICMPv6MLDv2Report:
		copy(f.Bytes[ipv6Room+wire.RouterAlertLen:], m)
		wire.PutRouterAlert(f.Bytes[ipv6Room:], wire.ProtoICMPv6)
		h.Protocol, h.TTL, size = wire.ProtoHopByHop, 1, n+wire.RouterAlertLen
	}
	f.Bytes = f.Bytes[:ipv6Room+size]
	wire.IPv6(f.Bytes[wire.EthernetLen:]).Put(&h, 0, wire.IPv6Len+size, src, dst)
	wire.Ethernet(f.Bytes).Put(to, i.mac, wire.TypeIPv6)
	f.Checksum = device.ChecksumNone
	c := &i.stack.counters6
	c.sentICMP(typ)
	c.sent(len(f.Bytes)-wire.EthernetLen, i.stack.Local(dst, i.index))
	i.transmit(f, false)
}

// solicit asks for a neighbour: RFC 4861 section 7.2.2.
func (i *Interface) solicit(q ndp.Solicitation, batch bool) {
	src := i.stack.view.Load().askFrom(q.From, i.index, false)
	if src == wire.Any6 {
		return // RFC 4429 section 3.2: not before one of ours is sure; the cache asks again
	}
	n := wire.Neighbour{Target: q.Target, Link: i.mac, HasLink: true}
	dst := q.Target
	if q.To == 0 {
		dst = q.Target.SolicitedNode()
	}
	i.signal(src, dst, q.To, n.Len(), func(m wire.ICMPv6) { n.Put(m, wire.ICMPv6NeighbourAsk, src, dst) })
}

// discover takes a message of neighbour discovery: RFC 4861 sections 6.1, 7.1 and 8.1.
func (i *Interface) discover(p *inet.Packet, m wire.ICMPv6) {
	ok := p.TTL == 255 && !i.loopback // it has come from this link
	if ok {
		switch m.Type() {
		case wire.ICMPv6NeighbourAsk:
			ok = i.asked(p, m)
		case wire.ICMPv6NeighbourAdvert:
			ok = i.advertised(p, m)
		case wire.ICMPv6RouterAdvert:
			ok = i.routed(p, m)
		case wire.ICMPv6Redirect:
			ok = i.redirected(p, m)
		}
	}
	if !ok {
		i.stack.counters6.ICMPInErrors.Add(1)
	}
}

// asked takes a neighbour solicitation: RFC 4861 sections 7.1.1 and 7.2.3, RFC 4862 section 5.4.3.
func (i *Interface) asked(p *inet.Packet, m wire.ICMPv6) bool {
	n, ok := wire.ParseNeighbour(m)
	if !ok || n.Target.IsMulticast() {
		return false
	}
	probing := p.Src == wire.Any6
	if probing && (n.HasLink || p.Dst != n.Target.SolicitedNode()) {
		return false
	}
	own := i.stack.view.Load().own(n.Target, i.index)
	if own == nil {
		return true
	}
	if probing {
		if own.source.optimistic {
			i.contest(n.Target, func(q *ndp.Probe) bool { return q.Asked(n.Nonce) })
			return true
		}
		i.advertise(wire.AllNodes6, 0, &wire.Neighbour{Target: n.Target, Override: true, Link: i.mac, HasLink: true})
		return true
	}
	if n.HasLink {
		i.heard(p.Src, n.Link)
	}
	answer := wire.Neighbour{
		Target: n.Target, Solicited: true, Link: i.mac, HasLink: true,
		Override: !own.source.optimistic, // RFC 4429 section 3.3
	}
	if n.HasLink {
		i.advertise(p.Src, n.Link, &answer)
		return true
	}
	// It knows our hardware address, and may have changed its own: it is looked up as for any other datagram.
	r, err := i.stack.Route(p.Src, n.Target, i.index)
	o := inet.Out{Route: r, IP: wire.IPFields{Protocol: wire.ProtoICMPv6, TTL: 255}, Batch: true}
	if err == nil && i.stack.Open(&o, answer.Len()) == nil {
		clear(o.Bytes)
		answer.Put(o.Bytes, wire.ICMPv6NeighbourAdvert, n.Target, p.Src)
		i.stack.Send(&o)
	}
	return true
}

// advertise sends a neighbour advertisement.
func (i *Interface) advertise(dst wire.Addr, to wire.MAC, n *wire.Neighbour) {
	i.signal(n.Target, dst, to, n.Len(), func(m wire.ICMPv6) { n.Put(m, wire.ICMPv6NeighbourAdvert, n.Target, dst) })
}

// contest looks whether an address that is being asked for turns out to be someone else's.
func (i *Interface) contest(a wire.Addr, lost func(*ndp.Probe) bool) {
	var conflict func()
	found := false
	i.v6.mu.Lock()
	for k, c := range i.v6.claims {
		if c.probe.Addr == a && lost(c.probe) {
			i.v6.claims = append(i.v6.claims[:k:k], i.v6.claims[k+1:]...)
			found, conflict = true, c.conflict
			break
		}
	}
	i.v6.mu.Unlock()
	if found {
		i.duplicate(a, conflict)
	}
}

// heard takes a hardware address that a message gives for its sender, and sends what waited for it.
func (i *Interface) heard(a wire.Addr, mac wire.MAC) {
	r := i.v6.neighbours.Heard(i.stack.Now(), a, mac)
	i.release(&r)
}

// Confirm says that a neighbour is reachable: RFC 4861 section 7.3.1.
func (s *Stack) Confirm(r *inet.Route) {
	if i := r.Link.(*Interface); !r.Dst.Is4() {
		i.v6.neighbours.Confirm(s.Now(), r.Next)
	}
}

func (i *Interface) release(r *ndp.Result) {
	for _, held := range r.Released {
		i.sendHeld(held, r.MAC, wire.TypeIPv6)
	}
	i.arm6()
}

// advertised takes a neighbour advertisement: RFC 4861 sections 7.1.2 and 7.2.5, RFC 4862 section 5.4.4.
func (i *Interface) advertised(p *inet.Packet, m wire.ICMPv6) bool {
	n, ok := wire.ParseNeighbour(m)
	if !ok || n.Target.IsMulticast() || n.Solicited && p.To == inet.Multicast {
		return false
	}
	if i.stack.view.Load().own(n.Target, i.index) != nil {
		i.contest(n.Target, (*ndp.Probe).Tentative)
		return true
	}
	r := i.v6.neighbours.Advertised(i.stack.Now(), &n)
	i.release(&r)
	if r.Host || n.Solicited {
		i.update(func(h *ndp.Host, _ int64) bool {
			return r.Host && h.NotRouter(n.Target) || n.Solicited && !r.Wrong && h.Failed(n.Target, false)
		})
	}
	return !r.Wrong
}

// routed takes a router advertisement: RFC 4861 sections 6.1.2 and 6.3.4.
func (i *Interface) routed(p *inet.Packet, m wire.ICMPv6) bool {
	a, ok := wire.ParseRouterAdvert(m)
	if !ok || !p.Src.IsLinkLocal() {
		return false
	}
	if a.HasLink {
		i.heard(p.Src, a.Link)
	}
	i.v6.neighbours.SetTimes(a.Reachable, a.Retrans)
	i.update(func(h *ndp.Host, now int64) bool {
		h.Advertised(now, p.Src, &a)
		h.Failed(p.Src, false)
		return true
	})
	return true
}

// redirected takes a redirect: RFC 4861 sections 8.1 and 8.3. It is believed from the first hop alone.
func (i *Interface) redirected(p *inet.Packet, m wire.ICMPv6) bool {
	r, ok := wire.ParseRedirect(m)
	if !ok || !p.Src.IsLinkLocal() || r.Dst.IsMulticast() || r.Dst.Is4() || r.Target.IsMulticast() ||
		!r.Target.IsLinkLocal() && r.Target != r.Dst {
		return false
	}
	s := i.stack
	way, err := s.Route(r.Dst, wire.Any6, i.index)
	if err != nil || way.Next != p.Src || s.Local(r.Target, 0) == inet.Own {
		return false
	}
	if r.HasLink {
		i.heard(r.Target, r.Link)
	}
	s.learnPath(r.Dst, func(k *path) bool {
		k.next, k.iface = r.Target, i.index
		return true
	})
	return true
}

// arm6 makes poll6 run when something is due.
func (i *Interface) arm6() {
	next := i.v6.neighbours.Next()
	earlier := func(at int64) {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	i.v6.mu.Lock()
	for _, c := range i.v6.claims {
		earlier(c.probe.Next())
	}
	if i.v6.host != nil {
		earlier(i.v6.host.Next())
	}
	i.v6.mu.Unlock()
	if next != 0 {
		i.stack.noLater(&i.v6.timer, next)
	}
}

// poll6 does what is due.
func (i *Interface) poll6(now int64) {
	ask, failed := i.v6.neighbours.Expire(now)
	for _, q := range ask {
		i.solicit(q, false)
	}
	for _, f := range failed {
		i.update(func(h *ndp.Host, _ int64) bool { return h.Failed(f.Addr, true) }) // another router may do
		i.stack.forgetNext(f.Addr, i.index)
		for _, held := range f.Frames {
			i.unreachable6(held)
		}
	}
	i.pollClaims6(now)
	var solicit bool
	i.update(func(h *ndp.Host, now int64) (changed bool) {
		solicit, changed = h.Expire(now)
		return changed
	})
	if solicit {
		i.solicitRouters()
	}
	i.arm6()
}

// pollClaims6 asks for addresses of ours, and ends the asking.
func (i *Interface) pollClaims6(now int64) {
	var ask []ndp.Probe
	var sure []wire.Addr
	retrans := i.v6.neighbours.Retrans()
	i.v6.mu.Lock()
	var kept []claim6
	for _, c := range i.v6.claims {
		question, ours := c.probe.Poll(now, retrans)
		if question {
			ask = append(ask, *c.probe)
		}
		if ours {
			sure = append(sure, c.probe.Addr)
			continue
		}
		kept = append(kept, c)
	}
	i.v6.claims = kept
	i.v6.mu.Unlock()
	for _, q := range ask {
		n := wire.Neighbour{Target: q.Addr, Nonce: q.Nonce}
		dst := q.Addr.SolicitedNode()
		i.signal(wire.Any6, dst, 0, n.Len(), func(m wire.ICMPv6) { n.Put(m, wire.ICMPv6NeighbourAsk, wire.Any6, dst) })
	}
	for _, a := range sure {
		i.confirmed(a)
	}
}

// solicitRouters asks routers to advertise: RFC 4861 section 6.3.7.
func (i *Interface) solicitRouters() {
	src := i.stack.view.Load().askFrom(wire.Any6, i.index, true)
	n := wire.ICMPLen
	if src != wire.Any6 {
		n += 8 // section 4.1: the source link-layer address; RFC 4429 section 3.2: not of one that is not sure
	}
	i.signal(src, wire.AllRouters6, 0, n, func(m wire.ICMPv6) { wire.PutRouterSolicit(m, i.mac, src, wire.AllRouters6) })
}

// unreachable6 tells the sender of a frame that its neighbour does not answer, as a router in our place would tell it: RFC 4861
// section 7.2.2.
func (i *Interface) unreachable6(held *device.Frame) {
	i.counters.txDropped.Add(1)
	p, ok := wire.ParseIPv6(held.Bytes[wire.EthernetLen:])
	if !ok {
		return
	}
	e := inet.SendError{
		Src: p.Src(), Dst: p.Dst(), Errno: inet.EHOSTUNREACH, From: p.Src(), Type: wire.ICMPv6Unreachable, Code: wire.CodeAddress,
	}
	if e.Dst.IsLinkLocal() {
		e.Zone = uint32(i.index)
	}
	chain, problem := wire.Walk(p)
	if problem.Verdict != wire.Accept || len(p) < chain.At+8 || chain.Next == wire.ProtoFragment {
		return // of what is sent in fragments nobody hears
	}
	e.Payload = p[chain.At:]
	i.stack.failed(chain.Next, &e)
}

// A Neighbour is one whose hardware address is known.
type Neighbour struct {
	Addr wire.Addr
	MAC  wire.MAC
}

// Neighbours lists the neighbours that are known, IPv4's first.
func (i *Interface) Neighbours() (all []Neighbour) {
	if i.loopback {
		return nil
	}
	add := func(a wire.Addr, mac wire.MAC) { all = append(all, Neighbour{a, mac}) }
	i.neighbours.Known(add)
	i.v6.neighbours.Known(add)
	return all
}
