package wire

import "internal/byteorder"

// Messages of neighbour discovery (RFC 4861 section 4): ICMPv6 messages whose body is read and written here.

// Option types of neighbour discovery.
const (
	NDPSourceLink = 1
	NDPTargetLink = 2
	NDPPrefix     = 3
	NDPMTU        = 5
	NDPNonce      = 14 // RFC 3971 section 5.3.2, used as RFC 7527 has it
	NDPRDNSS      = 25 // RFC 8106 section 5.1
	NDPDNSSL      = 31 // RFC 8106 section 5.2
)

// NDPOptions are the options of a message, each with its length in units of eight octets.
type NDPOptions []byte

// maxNDPOptions bounds the options of one message.
const maxNDPOptions = 64

// OK reports whether every option has a length, and lies in the message: RFC 4861 section 4.6 has others dropped.
func (o NDPOptions) OK() bool {
	for n := 0; len(o) > 0; n++ {
		if len(o) < 8 || o[1] == 0 || int(o[1])*8 > len(o) || n == maxNDPOptions {
			return false
		}
		o = o[int(o[1])*8:]
	}
	return true
}

// Next takes the first option away and returns it whole. The options are OK.
func (o *NDPOptions) Next() (option []byte, ok bool) {
	if len(*o) == 0 {
		return nil, false
	}
	n := int((*o)[1]) * 8
	option, *o = (*o)[:n], (*o)[n:]
	return option, true
}

// link returns the address in the first option of a type that holds one (section 4.6.1; on Ethernet RFC 2464 section 6).
func (o NDPOptions) link(typ uint8) (MAC, bool) {
	for option, ok := o.Next(); ok; option, ok = o.Next() {
		if option[0] == typ && len(option) == 8 {
			return MACFrom([6]byte(option[2:8])), true
		}
	}
	return 0, false
}

// A Neighbour is what a neighbour solicitation or advertisement, or a router solicitation says (sections 4.1, 4.3, 4.4).
type Neighbour struct {
	Target                      Addr
	Router, Solicited, Override bool // of an advertisement
	Link                        MAC
	HasLink                     bool
	Nonce                       uint64 // 48 bits; 0: there is none, or not of this length
}

// ParseNeighbour reads a solicitation or an advertisement.
func ParseNeighbour(m ICMPv6) (n Neighbour, ok bool) {
	const fixed = 24
	if len(m) < fixed || !NDPOptions(m[fixed:]).OK() || m.Code() != 0 {
		return n, false
	}
	option := uint8(NDPSourceLink)
	if m.Type() == ICMPv6NeighbourAdvert {
		option = NDPTargetLink
		n.Router, n.Solicited, n.Override = m[4]&0x80 != 0, m[4]&0x40 != 0, m[4]&0x20 != 0
	}
	n.Target = AddrFrom16([16]byte(m[8:24]))
	options := NDPOptions(m[fixed:])
	n.Link, n.HasLink = options.link(option)
	if nonce, ok := options.link(NDPNonce); ok {
		n.Nonce = uint64(nonce)
	}
	return n, true
}

// Len is how long the message is.
func (n *Neighbour) Len() int {
	size := 24
	if n.HasLink {
		size += 8
	}
	if n.Nonce != 0 {
		size += 8
	}
	return size
}

// Put writes the message into m, whose length is Len's, for a datagram from src to dst.
func (n *Neighbour) Put(m ICMPv6, typ uint8, src, dst Addr) {
	target := n.Target.As16()
	copy(m[8:], target[:])
	option, rest := uint8(NDPSourceLink), uint32(0)
	if typ == ICMPv6NeighbourAdvert {
		option = NDPTargetLink
		for i, set := range [...]bool{n.Router, n.Solicited, n.Override} {
			if set {
				rest |= 1 << (31 - i)
			}
		}
	}
	at := 24
	put := func(typ uint8, v uint64) {
		byteorder.BEPutUint64(m[at:], uint64(typ)<<56|1<<48|v&(1<<48-1))
		at += 8
	}
	if n.HasLink {
		put(option, uint64(n.Link))
	}
	if n.Nonce != 0 {
		put(NDPNonce, n.Nonce)
	}
	m.Put(typ, 0, rest, src, dst)
}

// PutRouterSolicit writes a router solicitation (section 4.1), with our address if m has room for it.
func PutRouterSolicit(m ICMPv6, link MAC, src, dst Addr) {
	if len(m) > ICMPLen {
		byteorder.BEPutUint64(m[ICMPLen:], NDPSourceLink<<56|1<<48|uint64(link))
	}
	m.Put(ICMPv6RouterSolicit, 0, 0, src, dst)
}

// A RouterAdvert is what a router advertisement says (section 4.2).
type RouterAdvert struct {
	HopLimit           uint8 // 0: it does not say
	Managed, Other     bool
	Preference         int8   // RFC 4191 section 2.2: 1, 0 or -1
	Lifetime           uint16 // seconds; 0: no default router
	Reachable, Retrans uint32 // milliseconds; 0: it does not say
	Link               MAC
	HasLink            bool
	MTU                uint32 // 0: it does not say
	Options            NDPOptions
}

// ParseRouterAdvert reads a router advertisement. Prefixes and name servers are left in Options.
func ParseRouterAdvert(m ICMPv6) (a RouterAdvert, ok bool) {
	const fixed = 16
	if len(m) < fixed || !NDPOptions(m[fixed:]).OK() || m.Code() != 0 {
		return a, false
	}
	a = RouterAdvert{
		HopLimit: m[4], Managed: m[5]&0x80 != 0, Other: m[5]&0x40 != 0, Lifetime: byteorder.BEUint16(m[6:8]),
		Reachable: byteorder.BEUint32(m[8:12]), Retrans: byteorder.BEUint32(m[12:16]), Options: NDPOptions(m[fixed:]),
	}
	if a.Preference = int8(m[5]<<3) >> 6; a.Preference == -2 {
		a.Preference = 0 // RFC 4191 section 2.2: reserved, to be taken for medium
	}
	a.Link, a.HasLink = a.Options.link(NDPSourceLink)
	o := a.Options
	for option, ok := o.Next(); ok; option, ok = o.Next() {
		if option[0] == NDPMTU && len(option) == 8 {
			a.MTU = byteorder.BEUint32(option[4:8])
		}
	}
	return a, true
}

// A PrefixInfo is a prefix information option (section 4.6.2). Lifetimes are seconds, all ones for ever.
type PrefixInfo struct {
	Prefix           Prefix
	OnLink, Auto     bool
	Valid, Preferred uint32
}

// ParsePrefixInfo reads one.
func ParsePrefixInfo(option []byte) (p PrefixInfo, ok bool) {
	if option[0] != NDPPrefix || len(option) != 32 || option[2] > 128 {
		return p, false
	}
	p = PrefixInfo{
		Prefix: Prefix{AddrFrom16([16]byte(option[16:32])), option[2]}, OnLink: option[3]&0x80 != 0, Auto: option[3]&0x40 != 0,
		Valid: byteorder.BEUint32(option[4:8]), Preferred: byteorder.BEUint32(option[8:12]),
	}
	if p.Prefix.Addr.Is4() {
		return p, false // ::ffff:0:0/96 is on no link
	}
	p.Prefix = p.Prefix.Masked()
	return p, true
}

// ParseRDNSS returns the lifetime in seconds and the addresses, 16 octets each, of a recursive DNS server option (RFC 8106
// section 5.1).
func ParseRDNSS(option []byte) (lifetime uint32, addrs []byte, ok bool) {
	if option[0] != NDPRDNSS || len(option) < 24 || len(option)%16 != 8 {
		return 0, nil, false
	}
	return byteorder.BEUint32(option[4:8]), option[8:], true
}

// ParseDNSSL returns the lifetime and the first domain of a DNS search list option (RFC 8106 section 5.2).
func ParseDNSSL(option []byte) (lifetime uint32, domain string, ok bool) {
	if option[0] != NDPDNSSL || len(option) < 16 {
		return 0, "", false
	}
	domain, _ = domainName(option[8:])
	return byteorder.BEUint32(option[4:8]), domain, domain != ""
}

// domainName reads a name in the form of RFC 1035 section 3.1, without compression, of letters, digits, hyphens and
// underscores alone: it goes into a file that programs read. It returns how many octets it took, 0 if it is none.
func domainName(b []byte) (name string, n int) {
	var text []byte
	for n < len(b) && b[n] != 0 {
		size := int(b[n])
		if size > 63 || n+1+size >= len(b) {
			return "", 0
		}
		if n > 0 {
			text = append(text, '.')
		}
		for _, c := range b[n+1 : n+1+size] {
			if d := c | 0x20; !('a' <= d && d <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return "", 0
			}
			text = append(text, c)
		}
		n += 1 + size
	}
	if n >= len(b) || n == 0 || len(text) > 253 {
		return "", 0
	}
	return string(text), n + 1
}

// A Redirect is what a redirect message says (section 4.5).
type Redirect struct {
	Target, Dst Addr
	Link        MAC
	HasLink     bool
}

// ParseRedirect reads a redirect.
func ParseRedirect(m ICMPv6) (r Redirect, ok bool) {
	const fixed = 40
	if len(m) < fixed || !NDPOptions(m[fixed:]).OK() || m.Code() != 0 {
		return r, false
	}
	r = Redirect{Target: AddrFrom16([16]byte(m[8:24])), Dst: AddrFrom16([16]byte(m[24:40]))}
	r.Link, r.HasLink = NDPOptions(m[fixed:]).link(NDPTargetLink)
	return r, true
}
