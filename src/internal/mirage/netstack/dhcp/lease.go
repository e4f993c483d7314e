package dhcp

import (
	"internal/byteorder"
	"internal/mirage/netstack/wire"
)

// A Lease is what a server gave. Fields that it did not give are zero.
type Lease struct {
	Prefix    wire.Prefix // the address with its subnet
	Broadcast wire.Addr   // 0.0.0.0: none
	Routers   []wire.Addr // best first
	DNS       []wire.Addr // best first
	Time      []wire.Addr // servers of NTP, best first
	Domain    string
	Hostname  string
	MTU       int
	Server    wire.Addr
	Duration  int64 // nanoseconds, as are T1 and T2, from its receipt; 0: for ever
	T1, T2    int64
}

// forever is the lease time that does not end: RFC 2131 section 3.3.
const forever = 0xffffffff

// parseLease reads what an offer or an acknowledgement gives; nil if it cannot be used. What it leaves out is taken
// from old, the lease that it prolongs, if there is one.
func parseLease(m wire.DHCP, server wire.Addr, old *Lease) *Lease {
	seconds, ok := wordOption(m, wire.OptLeaseTime)
	if !ok || seconds == 0 || !isHost(m.Your()) {
		return nil // RFC 2131 table 3: MUST
	}
	l := &Lease{}
	if old != nil {
		*l = *old
	}
	l.Server = server
	l.setTimes(m, int64(seconds))
	if !l.setSubnet(m, old != nil) {
		return nil
	}
	if hosts := hostsOption(m, wire.OptRouters); hosts != nil {
		l.Routers = hosts
	}
	if hosts := hostsOption(m, wire.OptDNS); hosts != nil {
		l.DNS = hosts
	}
	if hosts := hostsOption(m, wire.OptTimeServers); hosts != nil { // RFC 2132 section 8.3
		l.Time = hosts
	}
	if name, ok := nameOption(m, wire.OptDomain); ok {
		l.Domain = name
	}
	if name, ok := nameOption(m, wire.OptHostname); ok {
		l.Hostname = name
	}
	if b, _ := m.Option(nil, wire.OptMTU); len(b) == 2 && byteorder.BEUint16(b) >= 576 {
		l.MTU = int(byteorder.BEUint16(b)) // RFC 2132 section 5.1 allows 68; every host takes 576
	}
	return l
}

// setTimes sets T1 and T2 as the server says, or to half and seven eighths of the lease (RFC 2131 section 4.4.5).
func (l *Lease) setTimes(m wire.DHCP, seconds int64) {
	l.Duration, l.T1, l.T2 = 0, 0, 0
	if seconds == forever {
		return
	}
	l.Duration = seconds * second
	t1, ok1 := wordOption(m, wire.OptT1)
	t2, ok2 := wordOption(m, wire.OptT2)
	l.T1, l.T2 = int64(t1)*second, int64(t2)*second
	if !ok1 || !ok2 || l.T1 == 0 || l.T1 >= l.T2 || l.T2 >= l.Duration {
		l.T1, l.T2 = l.Duration/2, l.Duration/8*7
	}
}

// setSubnet sets the address and its subnet, and reports whether they make sense.
func (l *Lease) setSubnet(m wire.DHCP, keep bool) bool {
	a := m.Your()
	mask, ok := wordOption(m, wire.OptSubnetMask)
	if ok && (mask|(mask-1) != ^uint32(0) || mask == 0) {
		return false // its ones are not contiguous: RFC 4632 section 5.1
	}
	switch {
	case !ok && keep:
		return true // the subnet, and the broadcast address with it, stay as they are
	case !ok:
		mask = classMask(a)
	}
	l.Prefix = wire.Prefix{Addr: a}
	for ; mask != 0; mask <<= 1 {
		l.Prefix.Bits++
	}
	broadcast, has := l.Prefix.Broadcast()
	if has && (a == broadcast || a == l.Prefix.Masked().Addr) {
		return false // RFC 1122 section 3.2.1.3: not a host
	}
	l.Broadcast = wire.Any4
	if has {
		l.Broadcast = broadcast
	}
	if b, ok := addrOption(m, wire.OptBroadcast); ok && has && (l.Prefix.Contains(b) || b == wire.Broadcast4) && b != a {
		l.Broadcast = b
	}
	return true
}

// classMask is the mask of old, when a server gives none: RFC 1122 section 3.2.1.3, RFC 950 section 2.1.
func classMask(a wire.Addr) uint32 {
	switch first := a.Bits32() >> 24; {
	case first < 128:
		return 0xff000000
	case first < 192:
		return 0xffff0000
	}
	return 0xffffff00
}

// nameOption returns an option that is a host or domain name: nothing else gets into resolv.conf. Some servers end it
// with a NUL (RFC 2132 section 2).
func nameOption(m wire.DHCP, code uint8) (string, bool) {
	b, ok := m.Option(nil, code)
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	if !ok || len(b) == 0 || len(b) > 253 || b[0] == '.' || b[0] == '-' {
		return "", false
	}
	for _, c := range b {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && c != '-' && c != '.' && c != '_' {
			return "", false
		}
	}
	return string(b), true
}
