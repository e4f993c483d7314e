package wire

import "internal/byteorder"

// DHCP6 is a message of DHCPv6 between client and server (RFC 9915 section 8).
type DHCP6 []byte

// Message types (section 7.3).
const (
	DHCP6Solicit     = 1
	DHCP6Advertise   = 2
	DHCP6Request     = 3
	DHCP6Renew       = 5
	DHCP6Rebind      = 6
	DHCP6Reply       = 7
	DHCP6Release     = 8
	DHCP6Decline     = 9
	DHCP6InfoRequest = 11
)

// Option codes (section 21, RFC 3646).
const (
	DHCP6ClientID    = 1
	DHCP6ServerID    = 2
	DHCP6IANA        = 3
	DHCP6IAAddr      = 5
	DHCP6ORO         = 6
	DHCP6Preference  = 7
	DHCP6Elapsed     = 8
	DHCP6Status      = 13
	DHCP6RapidCommit = 14
	DHCP6DNS         = 23
	DHCP6Domains     = 24
	DHCP6SNTP        = 31 // RFC 4075
	DHCP6Refresh     = 32
	DHCP6NTP         = 56 // RFC 5908
	DHCP6SolMaxRT    = 82
	DHCP6InfMaxRT    = 83
)

// Status codes (section 21.13).
const (
	DHCP6Success      = 0
	DHCP6NoAddrsAvail = 2
	DHCP6NoBinding    = 3
	DHCP6NotOnLink    = 4
)

// Ports (section 7.2).
const (
	DHCP6ClientPort = 546
	DHCP6ServerPort = 547
)

// ParseDHCP6 checks that the fixed part and the options lie in b.
func ParseDHCP6(b []byte) (DHCP6, bool) {
	return b, len(b) >= 4 && DHCP6Options(b[4:]).OK()
}

func (m DHCP6) Type() uint8           { return m[0] }
func (m DHCP6) XID() uint32           { return byteorder.BEUint32(m[0:4]) & 0xffffff }
func (m DHCP6) Options() DHCP6Options { return DHCP6Options(m[4:]) }

// DHCP6Options are the options of a message, or of another option.
type DHCP6Options []byte

// OK reports whether they lie in o.
func (o DHCP6Options) OK() bool {
	for len(o) > 0 {
		if len(o) < 4 || len(o) < 4+int(byteorder.BEUint16(o[2:4])) {
			return false
		}
		o = o[4+int(byteorder.BEUint16(o[2:4])):]
	}
	return true
}

// Next takes the first option away.
func (o *DHCP6Options) Next() (code uint16, data []byte, ok bool) {
	if len(*o) < 4 {
		return 0, nil, false
	}
	n := 4 + int(byteorder.BEUint16((*o)[2:4]))
	if n > len(*o) {
		return 0, nil, false
	}
	code, data, *o = byteorder.BEUint16(*o), (*o)[4:n], (*o)[n:]
	return code, data, true
}

// Find returns the first option of a code.
func (o DHCP6Options) Find(code uint16) (data []byte, ok bool) {
	for c, data, ok := o.Next(); ok; c, data, ok = o.Next() {
		if c == code {
			return data, true
		}
	}
	return nil, false
}

// Status returns the status code, success if there is none (section 21.13).
func (o DHCP6Options) Status() uint16 {
	if b, ok := o.Find(DHCP6Status); ok && len(b) >= 2 {
		return byteorder.BEUint16(b)
	}
	return DHCP6Success
}

// Word returns an option of four octets.
func (o DHCP6Options) Word(code uint16) (v uint32, ok bool) {
	if b, ok := o.Find(code); ok && len(b) == 4 {
		return byteorder.BEUint32(b), true
	}
	return 0, false
}

// Domain returns the first name of the domain search list (RFC 3646 section 4).
func (o DHCP6Options) Domain() string {
	b, _ := o.Find(DHCP6Domains)
	name, _ := domainName(b)
	return name
}

// An IANA is an identity association for addresses (RFC 9915 section 21.4). Times are seconds.
type IANA struct {
	IAID    uint32
	T1, T2  uint32
	Options DHCP6Options
}

// ParseIANA reads one.
func ParseIANA(data []byte) (a IANA, ok bool) {
	if len(data) < 12 || !DHCP6Options(data[12:]).OK() {
		return a, false
	}
	a = IANA{byteorder.BEUint32(data), byteorder.BEUint32(data[4:]), byteorder.BEUint32(data[8:]), DHCP6Options(data[12:])}
	return a, a.T2 == 0 || a.T1 <= a.T2
}

// Addr returns the first address of an association that may be used, with its lifetimes in seconds (section 21.6).
func (a *IANA) Addr() (addr Addr, preferred, valid uint32, ok bool) {
	o := a.Options
	for c, b, ok := o.Next(); ok; c, b, ok = o.Next() {
		if c != DHCP6IAAddr || len(b) < 24 || DHCP6Options(b[24:]).Status() != DHCP6Success {
			continue
		}
		addr, preferred, valid = AddrFrom16([16]byte(b)), byteorder.BEUint32(b[16:]), byteorder.BEUint32(b[20:])
		host := !addr.Is4() && !addr.IsMulticast() && !addr.IsLinkLocal() && addr != Any6 && addr != Loopback6
		if host && preferred <= valid && valid != 0 {
			return addr, preferred, valid, true
		}
	}
	return Addr{}, 0, 0, false
}

// AppendDHCP6 begins a message.
func AppendDHCP6(b []byte, typ uint8, xid uint32) []byte {
	return byteorder.BEAppendUint32(b, uint32(typ)<<24|xid&0xffffff)
}

// AppendDHCP6Option appends an option.
func AppendDHCP6Option(b []byte, code uint16, data ...byte) []byte {
	return append(byteorder.BEAppendUint32(b, uint32(code)<<16|uint32(len(data))), data...)
}
