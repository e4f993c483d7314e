//go:build !mirage

package netstack

import (
	"internal/byteorder"
	"internal/mirage/netstack/wire"
	"slices"
	"testing"
)

// Messages that pass between the client of a host and a server that the test plays.

const (
	flagManaged = 0x80
	flagOther   = 0x40
)

var (
	leased6  = addr6("2001:db8:1::1234")
	serverID = []byte{0, 3, 0, 1, 2, 0, 0, 0, 0, 9}
	clientID = []byte{0, 3, 0, 1, 2, 0, 0, 0, 0, 1} // RFC 9915 section 11.4, of ourMAC
)

// wantDHCP6 takes a message to all servers: RFC 9915 section 7.1 and 7.2.
func (h *host) wantDHCP6(typ uint8) wire.DHCP6 {
	h.t.Helper()
	h.drop6(wire.ICMPv6MLDv2Report, wire.ICMPv6NeighbourAsk, wire.ICMPv6RouterSolicit)
	p := h.want6()
	u, ok := wire.ParseUDP(p.Payload())
	if !ok || p.Src() != linkOur || p.Dst() != wire.AllDHCPv6Servers || u.SrcPort() != 546 || u.DstPort() != 547 {
		h.t.Fatalf("% x", []byte(p))
	}
	m, ok := wire.ParseDHCP6(u.Payload())
	id, _ := m.Options().Find(wire.DHCP6ClientID)
	if _, elapsed := m.Options().Find(wire.DHCP6Elapsed); !ok || m.Type() != typ || string(id) != string(clientID) || !elapsed {
		h.t.Fatalf("type %d, want %d: % x", m.Type(), typ, []byte(m))
	}
	return m
}

// A reply6 is what a server says.
type reply6 struct {
	typ        uint8 // DHCP6Reply
	server     []byte
	preference byte
	status     uint8 // of the association
	rapid      bool
	addr       wire.Addr
	t1, t2     uint32
	preferred  uint32 // 600
	valid      uint32 // 1000
	more       []byte
	noID       bool
}

func (h *host) dhcp6(to wire.DHCP6, r reply6) {
	if r.typ == 0 {
		r.typ = wire.DHCP6Reply
	}
	if r.server == nil {
		r.server = serverID
	}
	if r.valid == 0 {
		r.preferred, r.valid = 600, 1000
	}
	b := wire.AppendDHCP6(nil, r.typ, to.XID())
	if !r.noID {
		b = wire.AppendDHCP6Option(b, wire.DHCP6ClientID, clientID...)
	}
	b = wire.AppendDHCP6Option(b, wire.DHCP6ServerID, r.server...)
	if r.preference != 0 {
		b = wire.AppendDHCP6Option(b, wire.DHCP6Preference, r.preference)
	}
	if r.rapid {
		b = wire.AppendDHCP6Option(b, wire.DHCP6RapidCommit)
	}
	if r.addr != wire.Any6 || r.status != 0 {
		asked, _ := to.Options().Find(wire.DHCP6IANA)
		ia := append([]byte(nil), asked[:4]...)
		ia = byteorder.BEAppendUint32(byteorder.BEAppendUint32(ia, r.t1), r.t2)
		if r.addr != wire.Any6 {
			ip := r.addr.As16()
			a := byteorder.BEAppendUint32(byteorder.BEAppendUint32(ip[:], r.preferred), r.valid)
			ia = wire.AppendDHCP6Option(ia, wire.DHCP6IAAddr, a...)
		}
		if r.status != 0 {
			ia = wire.AppendDHCP6Option(ia, wire.DHCP6Status, 0, r.status)
		}
		b = wire.AppendDHCP6Option(b, wire.DHCP6IANA, ia...)
	}
	h.frame(datagram6(at(linkRouter, 547), at(linkOur, 546), string(append(b, r.more...))))
}

// newLeased makes a host with a client, on a link whose router has flags.
func newLeased6(t *testing.T, flags uint8) (*host, *DHCPv6) {
	h := newBare6(t, IPv6Options{Auto: true})
	d, err := StartDHCPv6(h.stack, h.udp, h.iface)
	must(t, err)
	h.pass(5 * sec)
	h.drop6(wire.ICMPv6MLDv2Report, wire.ICMPv6NeighbourAsk, wire.ICMPv6RouterSolicit)
	h.wantNothing() // not before a router says so
	h.ra(advert{flags: flags})
	return h, d
}

func dns6(addrs ...string) (b []byte) {
	for _, a := range addrs {
		ip := addr6(a).As16()
		b = append(b, ip[:]...)
	}
	return wire.AppendDHCP6Option(nil, wire.DHCP6DNS, b...)
}

// RFC 9915 sections 18.2.6, 18.2.10 and 21.23.
func TestDHCPv6Stateless(t *testing.T) {
	h, _ := newLeased6(t, flagOther)
	m := h.wantDHCP6(wire.DHCP6InfoRequest)
	if _, ok := m.Options().Find(wire.DHCP6IANA); ok {
		t.Error("it asks for an address")
	}
	if _, ok := m.Options().Find(wire.DHCP6ORO); !ok {
		t.Error("it asks for nothing")
	}
	h.pass(2 * sec)
	m = h.wantDHCP6(wire.DHCP6InfoRequest) // section 15
	refresh := wire.AppendDHCP6Option(nil, wire.DHCP6Refresh, 0, 0, 0x10, 0)
	domain := wire.AppendDHCP6Option(nil, wire.DHCP6Domains, []byte("\x07example\x03org\x00")...)
	more := append(append(dns6("2001:db8::53"), refresh...), domain...)
	// RFC 5908 section 4: an option for each server, which is in a suboption; RFC 4075's is not looked at then.
	for _, a := range []string{"2001:db8::123", "fe80::123"} {
		ip := addr6(a).As16()
		more = wire.AppendDHCP6Option(more, wire.DHCP6NTP, wire.AppendDHCP6Option(nil, 1, ip[:]...)...)
	}
	more = wire.AppendDHCP6Option(more, wire.DHCP6NTP, 0, 1, 0, 99) // longer than it is
	more = wire.AppendDHCP6Option(more, wire.DHCP6SNTP, make([]byte, 16)...)
	h.dhcp6(m, reply6{more: more, noID: true}) // section 16.10
	if len(h.stack.ResolvConf()) != 0 {
		t.Error("a reply to nobody is taken")
	}
	h.dhcp6(m, reply6{more: more})
	if got, want := string(h.stack.ResolvConf()), "search example.org\nnameserver 2001:db8::53\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := h.stack.TimeServers(), []wire.AddrPort{{Addr: addr6("2001:db8::123"), Port: 123}, {Addr: addr6("fe80::123"), Port: 123, Zone: 2}}; !slices.Equal(got, want) {
		t.Errorf("time servers %v, want %v", got, want)
	}
	h.pass(4000 * sec)
	h.drop6(wire.ICMPv6RouterSolicit)
	h.wantNothing()
	h.pass(100 * sec)
	m = h.wantDHCP6(wire.DHCP6InfoRequest)
	ip := addr6("2001:db8::7").As16()
	h.dhcp6(m, reply6{more: wire.AppendDHCP6Option(nil, wire.DHCP6SNTP, ip[:]...)}) // RFC 4075
	if got := h.stack.TimeServers(); len(got) != 1 || got[0].Addr != addr6("2001:db8::7") {
		t.Errorf("time servers %v", got)
	}
}

// RFC 9915 section 18.2.7: what is given back is not used from the first message on, which is said until it is heard, or five times.
func TestDHCPv6Release(t *testing.T) {
	for _, heard := range []bool{true, false} {
		h, d := newLeased6(t, flagManaged)
		m := h.wantDHCP6(wire.DHCP6Solicit)
		h.dhcp6(m, reply6{addr: leased6, rapid: true})
		if len(h.addrs6()) != 1 {
			t.Fatal("no lease")
		}
		d.Release()
		m = h.wantDHCP6(wire.DHCP6Release)
		ia, _ := m.Options().Find(wire.DHCP6IANA)
		ip := leased6.As16()
		if a, ok := wire.ParseIANA(ia); !ok || len(h.addrs6()) != 0 || string(a.Options[4:20]) != string(ip[:]) {
			t.Errorf("it has %v, and gives back % x", h.addrs6(), ia)
		}
		if heard {
			h.dhcp6(m, reply6{})
		} else {
			h.pass(100 * sec)
			for range 3 {
				h.wantDHCP6(wire.DHCP6Release)
			}
		}
		h.ra(advert{flags: flagManaged})
		h.pass(5000 * sec)
		h.drop6(wire.ICMPv6MLDv2Report, wire.ICMPv6NeighbourAsk, wire.ICMPv6RouterSolicit)
		h.wantNothing()
	}
}

// RFC 9915 sections 18.2.1, 18.2.2, 18.2.4, 18.2.5: from Solicit to the end of a lease.
func TestDHCPv6Stateful(t *testing.T) {
	h, _ := newLeased6(t, flagManaged)
	m := h.wantDHCP6(wire.DHCP6Solicit)
	h.dhcp6(m, reply6{typ: wire.DHCP6Advertise, addr: leased6, preference: 3, server: []byte{0, 9, 9}})
	h.dhcp6(m, reply6{typ: wire.DHCP6Advertise, addr: leased6, preference: 7})
	h.dhcp6(m, reply6{typ: wire.DHCP6Advertise, status: wire.DHCP6NoAddrsAvail, preference: 9})
	h.dhcp6(m, reply6{addr: leased6}) // a reply without rapid commit
	h.wantNothing()                   // section 18.2.1: the first time-out is for everyone
	h.pass(2 * sec)
	m = h.wantDHCP6(wire.DHCP6Request)
	if id, _ := m.Options().Find(wire.DHCP6ServerID); string(id) != string(serverID) {
		t.Errorf("it asks % x", id)
	}
	h.dhcp6(m, reply6{addr: leased6, server: []byte{0, 9, 9}})
	if len(h.addrs6()) != 0 {
		t.Error("another server's word is taken")
	}
	h.dhcp6(m, reply6{addr: leased6, more: dns6("2001:db8::53")})
	if a := h.addrs6(); len(a) != 1 || a[0].Prefix != (wire.Prefix{Addr: leased6, Bits: 128}) {
		t.Fatalf("%+v", a)
	}
	h.pass(299 * sec)
	h.drop6(wire.ICMPv6MLDv2Report, wire.ICMPv6NeighbourAsk, wire.ICMPv6RouterSolicit)
	h.wantNothing()
	h.pass(2 * sec) // T1: half the preferred lifetime
	m = h.wantDHCP6(wire.DHCP6Renew)
	h.dhcp6(m, reply6{addr: leased6, t1: 100, t2: 200})
	h.pass(101 * sec)
	h.wantDHCP6(wire.DHCP6Renew)
	h.pass(100 * sec)
	for n := 0; ; n++ {
		if m = wire.DHCP6(nil); n > 9 {
			t.Fatal("no rebind")
		}
		h.drop6(wire.ICMPv6RouterSolicit)
		p := h.want6()
		if m = wire.DHCP6(wire.UDP(p.Payload()).Payload()); m.Type() == wire.DHCP6Rebind {
			break
		}
	}
	if _, ok := m.Options().Find(wire.DHCP6ServerID); ok {
		t.Error("section 18.2.5: a Rebind is for all servers")
	}
	h.dhcp6(m, reply6{status: wire.DHCP6NoBinding}) // section 18.2.10.1
	m = h.wantDHCP6(wire.DHCP6Request)
	h.dhcp6(m, reply6{addr: leased6})
	h.pass(599 * sec)
	if a := h.addrs6(); len(a) != 1 || a[0].Deprecated {
		t.Errorf("deprecated before its time: %+v", a)
	}
	h.pass(391 * sec)
	if a := h.addrs6(); len(a) != 1 || !a[0].Deprecated {
		t.Errorf("gone before its time, or not deprecated: %+v", a)
	}
	h.pass(20 * sec)
	if len(h.addrs6()) != 0 {
		t.Error("there for ever")
	}
}

// RFC 9915 sections 18.2.1 (rapid commit) and 18.2.8 (an address that is someone else's).
func TestDHCPv6Decline(t *testing.T) {
	h, _ := newLeased6(t, flagManaged|flagOther)
	m := h.wantDHCP6(wire.DHCP6Solicit)
	h.dhcp6(m, reply6{addr: leased6, rapid: true})
	if len(h.addrs6()) != 1 {
		t.Fatal("no address")
	}
	h.ns(wire.Any6, leased6, 0, 5)
	if len(h.addrs6()) != 0 {
		t.Error("it is kept")
	}
	m = h.wantDHCP6(wire.DHCP6Decline)
	ia, _ := m.Options().Find(wire.DHCP6IANA)
	if a, ok := wire.ParseIANA(ia); !ok || string(a.Options[4:20]) != string(func() []byte { b := leased6.As16(); return b[:] }()) {
		t.Errorf("% x", ia)
	}
	h.dhcp6(m, reply6{})
	m = h.wantDHCP6(wire.DHCP6Solicit)
	h.dhcp6(m, reply6{typ: wire.DHCP6Advertise, addr: leased6.WithID(9), preference: 255})
	m = h.wantDHCP6(wire.DHCP6Request) // section 18.2.1: at once
	h.dhcp6(m, reply6{status: wire.DHCP6NotOnLink})
	h.pass(2 * sec)
	h.wantDHCP6(wire.DHCP6Solicit)
}
