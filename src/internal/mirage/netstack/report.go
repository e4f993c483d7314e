package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/mcast"
	"internal/mirage/netstack/wire"
	"sync"
)

// A reporter tells the routers of an interface's link which groups of one family it receives.
type reporter struct {
	mu     sync.Mutex
	member *mcast.Member
	timer  inet.Timer
	send   func(mcast.Report)
}

func (i *Interface) initReporters() {
	for _, r := range [...]*reporter{&i.report4, &i.report6} {
		r.member = mcast.NewMember(i.stack.random64)
		r.timer.F = func(now int64) { r.poll(i.stack, now) }
	}
	i.report4.send, i.report6.send = i.sendIGMP, i.sendMLD
}

func (i *Interface) reporterOf(a wire.Addr) *reporter {
	if a.Is4() {
		return &i.report4
	}
	return &i.report6
}

// tell lets f tell the member something, and sends what follows from it.
func (r *reporter) tell(s *Stack, f func(m *mcast.Member, now int64)) {
	now := s.Now()
	r.mu.Lock()
	f(r.member, now)
	r.mu.Unlock()
	r.poll(s, now)
}

// poll sends what is due.
func (r *reporter) poll(s *Stack, now int64) {
	r.mu.Lock()
	reports, next := r.member.Poll(now), r.member.Next()
	r.mu.Unlock()
	for _, report := range reports {
		r.send(report)
	}
	if next != 0 {
		s.noLater(&r.timer, next)
	}
}

// queried takes a query of MLD: RFC 3810 section 6.2, from a router of this link alone.
func (i *Interface) queried(p *inet.Packet, m wire.ICMPv6) {
	q, ok := wire.ParseMLDQuery(m)
	if !ok || !p.Src.IsLinkLocal() || p.TTL != 1 || i.loopback {
		i.stack.counters6.ICMPInErrors.Add(1)
		return
	}
	i.report6.tell(i.stack, func(m *mcast.Member, now int64) {
		m.Query(now, &mcast.Query{
			Old: q.V1, MaxDelay: q.MaxDelay, Group: q.Group, Robustness: q.Robustness, Sources: sources(q.Sources, 16),
		})
	})
}

// sources reads the addresses in a query, of size octets each. Of too many it makes none: a question about all of the group.
func sources(b []byte, size int) (all []wire.Addr) {
	if len(b) > size*mcast.MaxSources {
		return nil
	}
	for ; len(b) >= size; b = b[size:] {
		if size == 4 {
			all = append(all, wire.AddrFrom4([4]byte(b)))
		} else {
			all = append(all, wire.AddrFrom16([16]byte(b)))
		}
	}
	return all
}

// sendMLD sends what there is to say about groups of IPv6. RFC 3810 section 5.2.13 has it come from the link-local address, or,
// while that is not sure, from the unspecified one.
func (i *Interface) sendMLD(r mcast.Report) {
	if i.loopback {
		return
	}
	src := i.stack.view.Load().askFrom(wire.Any6, i.index, true)
	if r.Records != nil {
		i.signal(src, wire.AllMLDv2Routers, 0, wire.MLDReportLen(r.Records), func(m wire.ICMPv6) {
			wire.PutMLDReport(m, r.Records, src, wire.AllMLDv2Routers)
		})
		return
	}
	typ, dst := uint8(wire.ICMPv6MLDv1Report), r.Group // RFC 2710 section 4
	if r.Leave {
		typ, dst = wire.ICMPv6MLDv1Done, wire.AllRouters6
	}
	i.signal(src, dst, 0, wire.MLDv1Len, func(m wire.ICMPv6) { wire.PutMLDv1(m, typ, r.Group, src, dst) })
}

// igmpInput is IGMP as a transport of the stack.
type igmpInput struct{ s *Stack }

// Input takes a query: RFC 3376 section 5.2. Other hosts' reports mean nothing to this version.
func (t *igmpInput) Input(p *inet.Packet) {
	m := wire.IGMP(p.Payload)
	q, ok := wire.ParseIGMPQuery(m)
	i := t.s.view.Load().ifaces[p.Iface-1]
	if !ok || !m.ChecksumOK() || p.TTL != 1 || !p.Src.Is4() || i.loopback {
		return
	}
	i.report4.tell(t.s, func(m *mcast.Member, now int64) {
		m.Query(now, &mcast.Query{
			Old: q.Old, MaxDelay: q.MaxDelay, Group: q.Group, Robustness: q.Robustness, Sources: sources(q.Sources, 4),
		})
	})
}

// Error drops the news that a report did not arrive.
func (t *igmpInput) Error(*inet.SendError) bool { return false }

// sendIGMP sends what there is to say about groups of IPv4, with a TTL of 1 and a router alert: RFC 3376 section 4. Without an
// address it comes from 0.0.0.0 (section 4.2.13).
func (i *Interface) sendIGMP(r mcast.Report) {
	if i.loopback {
		return
	}
	n, dst := wire.IGMPLen, r.Group
	switch {
	case r.Records != nil:
		n, dst = wire.IGMPReportLen(r.Records), wire.AllIGMPv3Routers
	case r.Leave:
		dst = wire.AllRouters4
	}
	const header = wire.IPv4Len + wire.RouterAlert4Len
	f := i.nic.Alloc(wire.EthernetLen + header + n)
	if f == nil {
		i.counters.txDropped.Add(1)
		return
	}
	p := wire.IPv4(f.Bytes[wire.EthernetLen:])
	switch m := wire.IGMP(p[header:]); {
	case r.Records != nil:
		m.PutReport(r.Records)
	case r.Leave:
		m.PutOld(wire.IGMPv2Leave, r.Group)
	default:
		m.PutOld(wire.IGMPv2Report, r.Group)
	}
	src := i.stack.view.Load().source(dst, i)
	p.Put(&wire.IPFields{Protocol: wire.ProtoIGMP, TTL: 1, TOS: 0xc0}, len(p), src, dst)
	p.SetRouterAlert()
	wire.Ethernet(f.Bytes).Put(wire.MulticastMAC(dst), i.mac, wire.TypeIPv4)
	f.Checksum = device.ChecksumNone
	i.stack.counters.sent(len(p), inet.Multicast)
	i.transmit(f, false)
}
