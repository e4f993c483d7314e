//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/wire"
	"testing"
)

// A lessor is the test as a DHCP server for a bare host.
type lessor struct {
	*host
	client *DHCP
}

var dhcpServer = wire.V4(10, 0, 0, 254)

func newLessor(t *testing.T) *lessor {
	h := newBare(t, link.ChannelConfig{})
	d, err := StartDHCP(h.stack, h.udp, h.iface, DHCPOptions{Hostname: "box"})
	must(t, err)
	return &lessor{h, d}
}

// wantDHCP takes a message from the client.
func (l *lessor) wantDHCP(kind byte, src, dst wire.Addr) wire.DHCP {
	l.t.Helper()
	l.far.Deliver(l.now)
	l.forgetARP()
	p := l.wantIPv4()
	u, ok := wire.ParseUDP(p.Payload())
	if !ok || !u.ChecksumOK(p.Src(), p.Dst()) || u.SrcPort() != wire.DHCPClientPort || u.DstPort() != wire.DHCPServerPort {
		l.t.Fatalf("% x", []byte(p))
	}
	m, ok := wire.ParseDHCP(u.Payload())
	got, _ := m.Option(nil, wire.OptMessageType)
	if !ok || len(got) != 1 || got[0] != kind || p.Src() != src || p.Dst() != dst {
		l.t.Fatalf("message %d from %v to %v, want %d from %v to %v", got, p.Src(), p.Dst(), kind, src, dst)
	}
	return m
}

// answer sends a message as an answer to m.
func (l *lessor) answer(m wire.DHCP, kind byte, yiaddr, to wire.Addr, options ...byte) {
	b := append(wire.DHCP(nil), m[:wire.DHCPLen]...)
	b[0] = wire.BootReply
	a := yiaddr.As4()
	copy(b[16:], a[:])
	b = wire.AppendDHCPOption(b, wire.OptMessageType, kind)
	b = wire.AppendDHCPOption(b, wire.OptServerID, 10, 0, 0, 254)
	b = append(append(b, options...), wire.OptEnd)
	frame := datagram(at(dhcpServer, wire.DHCPServerPort), at(to, wire.DHCPClientPort), string(b))
	if to == wire.Broadcast4 {
		wire.Ethernet(frame).Put(wire.BroadcastMAC, peerMAC, wire.TypeIPv4)
	}
	l.frame(frame)
}

var leaseOptions = []byte{
	wire.OptSubnetMask, 4, 255, 255, 255, 0, wire.OptLeaseTime, 4, 0, 0, 0x0e, 0x10, wire.OptRouters, 4, 10, 0, 0, 2,
	wire.OptDNS, 4, 10, 0, 0, 3, wire.OptDomain, 3, 'l', 'a', 'n', wire.OptHostname, 4, 'b', 'o', 'x', '7', wire.OptMTU, 2, 5, 0,
}

func (l *lessor) lease(options ...byte) {
	l.t.Helper()
	m := l.wantDHCP(wire.DHCPDiscover, any4, wire.Broadcast4)
	l.answer(m, wire.DHCPOffer, ourAddr, wire.Broadcast4, options...)
	m = l.wantDHCP(wire.DHCPRequest, any4, wire.Broadcast4)
	l.answer(m, wire.DHCPAck, ourAddr, wire.Broadcast4, options...)
}

func (l *lessor) addrs() (all []string) {
	for _, a := range l.stack.Interfaces()[1].Addrs {
		all = append(all, a.Prefix.String())
	}
	return all
}

func TestDHCP(t *testing.T) {
	l := newLessor(t)
	l.stack.Watch(func() { // who has waited for the address finds the rest too
		if isClosed(l.iface.Configured()) && len(l.addrs()) > 0 && (len(l.stack.ResolvConf()) == 0 || len(l.stack.Routes()) < 2) {
			t.Error("configured without a resolver or a route")
		}
	})
	l.lease(leaseOptions...)
	<-l.iface.Configured()
	info := l.stack.Interfaces()[1]
	if len(info.Addrs) != 1 || info.Addrs[0].Prefix.String() != "10.0.0.1/24" || info.MTU != 1280 || l.client.Hostname() != "box7" {
		t.Errorf("%+v, host name %q", info, l.client.Hostname())
	}
	if got := string(l.stack.ResolvConf()); got != "search lan\nnameserver 10.0.0.3\n" {
		t.Errorf("%q", got)
	}
	if r, err := l.stack.Route(otherNet, any4, 0); err != nil || r.Next != peerAddr || r.Src != ourAddr {
		t.Errorf("%+v, %v", r, err)
	}
	// It is usable at once, and probed for at the same time: RFC 2131 section 4.4.1, RFC 5227 section 2.1.1.
	l.meet(peerAddr, peerMAC)
	l.pass(20 * sec)
	if len(l.sent) < 3 || wire.ARP(l.sent[0][14:]).Sender() != any4 || wire.ARP(l.sent[0][14:]).Target() != ourAddr {
		t.Errorf("%d messages of ARP", len(l.sent))
	}
	l.sent = nil
	// Renewed by unicast from its own address: RFC 2131 section 4.4.5.
	l.passUntilAsked(dhcpServer, 1800*sec)
	l.answerARP(dhcpServer, peerMAC)
	m := l.wantDHCP(wire.DHCPRequest, ourAddr, dhcpServer)
	l.answer(m, wire.DHCPAck, ourAddr, ourAddr, leaseOptions...)
	l.forgetARP()
	l.wantNothing()
	// Then never again: the address goes with the lease, and the search begins anew without one.
	l.pass(3600 * sec)
	if a := l.addrs(); a != nil {
		t.Errorf("%v after the lease", a)
	}
	if string(l.stack.ResolvConf()) != "" || len(l.stack.Routes()) != 0 {
		t.Error("left over")
	}
	l.sent = nil
	l.pass(70 * sec)
	l.wantDHCP(wire.DHCPDiscover, any4, wire.Broadcast4)
}

// RFC 2131 sections 3.1 (5) and 4.4.1: another station has the address.
func TestDHCPConflict(t *testing.T) {
	for _, answer := range []bool{true, false} {
		l := newLessor(t)
		l.lease(leaseOptions...)
		l.pass(sec)
		l.forgetARP()
		if answer {
			l.arp(evilMAC, ourMAC, wire.ARPReply, evilMAC, ourAddr, ourMAC, any4)
		} else { // a probe of another that is about to take it
			l.arp(evilMAC, wire.BroadcastMAC, wire.ARPRequest, evilMAC, any4, 0, ourAddr)
		}
		m := l.wantDHCP(wire.DHCPDecline, any4, wire.Broadcast4)
		if a, _ := m.Option(nil, wire.OptRequestedIP); string(a) != "\x0a\x00\x00\x01" || l.addrs() != nil {
			t.Errorf("declined % d, addresses %v", a, l.addrs())
		}
		l.forgetARP()
		l.pass(9 * sec)
		l.wantNothing()
		l.pass(2 * sec)
		// The server gives the same address once more: now it is defended, or one that forges ARP kept us without for ever.
		l.lease(leaseOptions...)
		l.arp(evilMAC, ourMAC, wire.ARPReply, evilMAC, ourAddr, ourMAC, any4)
		if l.addrs() == nil || wire.ARP(l.sent[len(l.sent)-1][14:]).Sender() != ourAddr {
			t.Error("given up again")
		}
	}
	// When it has been ours for a while it is defended instead: RFC 5227 section 2.4.
	l := newLessor(t)
	l.lease(leaseOptions...)
	l.pass(20 * sec)
	l.sent = nil
	l.arp(evilMAC, wire.BroadcastMAC, wire.ARPReply, evilMAC, ourAddr, 0, any4)
	if m := l.wantARP(); m.Sender() != ourAddr || len(l.addrs()) != 1 {
		t.Errorf("% x", []byte(m))
	}
}

func TestDHCPNakAndRelease(t *testing.T) {
	l := newLessor(t)
	m := l.wantDHCP(wire.DHCPDiscover, any4, wire.Broadcast4)
	l.answer(m, wire.DHCPOffer, ourAddr, wire.Broadcast4, leaseOptions...)
	m = l.wantDHCP(wire.DHCPRequest, any4, wire.Broadcast4)
	l.answer(m, wire.DHCPNak, any4, wire.Broadcast4)
	l.pass(3 * sec)
	l.lease(leaseOptions...)
	l.forgetARP()
	_, err := StartDHCP(l.stack, l.udp, l.iface, DHCPOptions{})
	fails(t, err, inet.EADDRINUSE)
	l.meet(dhcpServer, peerMAC)
	l.client.Release()
	l.wantDHCP(wire.DHCPRelease, ourAddr, dhcpServer)
	if l.addrs() != nil {
		t.Error("still there")
	}
	l.sent = nil
	l.pass(7200 * sec)
	l.wantNothing()
	d, err := StartDHCP(l.stack, l.udp, l.iface, DHCPOptions{})
	must(t, err)
	l.client = d
	l.lease(leaseOptions...)
	_, err = StartDHCP(l.stack, l.udp, l.stack.Interface(1), DHCPOptions{})
	fails(t, err, inet.EINVAL)
}

// A lease of a single address whose router lies outside it, as providers give: the router is on the link all the same.
func TestDHCPHostLease(t *testing.T) {
	l := newLessor(t)
	l.lease(wire.OptSubnetMask, 4, 255, 255, 255, 255, wire.OptLeaseTime, 4, 0, 0, 0x0e, 0x10, wire.OptRouters, 4, 10, 0, 0, 2)
	if r, err := l.stack.Route(otherNet, any4, 0); err != nil || r.Next != peerAddr || r.Src != ourAddr {
		t.Errorf("%+v, %v", r, err)
	}
}

// A changed lease replaces what the old one had set.
func TestDHCPChange(t *testing.T) {
	l := newLessor(t)
	l.lease(leaseOptions...)
	l.passUntilAsked(dhcpServer, 1800*sec)
	l.answerARP(dhcpServer, peerMAC)
	m := l.wantDHCP(wire.DHCPRequest, ourAddr, dhcpServer)
	l.answer(m, wire.DHCPAck, ourAddr, ourAddr, wire.OptSubnetMask, 4, 255, 255, 0, 0, wire.OptLeaseTime, 4, 0, 0, 0x0e, 0x10,
		wire.OptRouters, 4, 10, 0, 7, 7, wire.OptDNS, 4, 10, 0, 7, 8)
	if a := l.addrs(); len(a) != 1 || a[0] != "10.0.0.1/16" {
		t.Errorf("%v", a)
	}
	if r, err := l.stack.Route(otherNet, any4, 0); err != nil || r.Next != wire.V4(10, 0, 7, 7) || len(l.stack.Routes()) != 2 {
		t.Errorf("%+v, %v, %v", r, err, l.stack.Routes())
	}
	if got := string(l.stack.ResolvConf()); got != "search lan\nnameserver 10.0.7.8\n" {
		t.Errorf("%q", got)
	}
}
