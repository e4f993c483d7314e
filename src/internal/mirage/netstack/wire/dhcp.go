package wire

import "internal/byteorder"

// DHCP is a message of DHCP (RFC 2131 section 2), from op to the end of the options.
type DHCP []byte

// DHCPLen is the length of the fixed part with the magic cookie, DHCPMinLen what relays of old want at least (RFC
// 1542 section 2.1).
const (
	DHCPLen    = 240
	DHCPMinLen = 300
)

// Ports of DHCP (RFC 2131 section 4.1).
const (
	DHCPServerPort = 67
	DHCPClientPort = 68
)

// Values of the op field.
const (
	BootRequest = 1
	BootReply   = 2
)

const magicCookie = 0x63825363 // RFC 2131 section 3

// Message types: values of OptMessageType (RFC 2132 section 9.6).
const (
	DHCPDiscover = 1
	DHCPOffer    = 2
	DHCPRequest  = 3
	DHCPDecline  = 4
	DHCPAck      = 5
	DHCPNak      = 6
	DHCPRelease  = 7
)

// Option codes (RFC 2132).
const (
	OptPad         = 0
	OptSubnetMask  = 1
	OptRouters     = 3
	OptDNS         = 6
	OptHostname    = 12
	OptDomain      = 15
	OptMTU         = 26
	OptBroadcast   = 28
	OptRequestedIP = 50
	OptLeaseTime   = 51
	OptOverload    = 52
	OptMessageType = 53
	OptServerID    = 54
	OptParameters  = 55
	OptMaxSize     = 57
	OptT1          = 58
	OptT2          = 59
	OptClientID    = 61
	OptTimeServers = 42
	OptEnd         = 255
)

// ParseDHCP checks that b holds the fixed part and the magic cookie. Options are checked as they are read.
func ParseDHCP(b []byte) (DHCP, bool) {
	return b, len(b) >= DHCPLen && byteorder.BEUint32(b[236:240]) == magicCookie
}

func (m DHCP) Op() uint8      { return m[0] }
func (m DHCP) XID() uint32    { return byteorder.BEUint32(m[4:8]) }
func (m DHCP) Client() Addr   { return AddrFrom4([4]byte(m[12:16])) } // ciaddr
func (m DHCP) Your() Addr     { return AddrFrom4([4]byte(m[16:20])) } // yiaddr
func (m DHCP) Hardware() MAC  { return MACFrom([6]byte(m[28:34])) }   // chaddr
func (m DHCP) Ethernet() bool { return m[1] == 1 && m[2] == 6 }       // htype and hlen

// Put writes the fixed part of a request and clears what is not given.
func (m DHCP) Put(xid uint32, seconds uint16, broadcast bool, client Addr, hardware MAC) {
	fixed := m[:DHCPLen]
	clear(fixed)
	fixed[0], fixed[1], fixed[2] = BootRequest, 1, 6
	byteorder.BEPutUint32(fixed[4:8], xid)
	byteorder.BEPutUint16(fixed[8:10], seconds)
	if broadcast {
		fixed[10] = 0x80 // RFC 2131 section 2, figure 2
	}
	ciaddr := client.As4()
	copy(fixed[12:16], ciaddr[:])
	chaddr := hardware.As6()
	copy(fixed[28:34], chaddr[:])
	byteorder.BEPutUint32(fixed[236:240], magicCookie)
}

// AppendDHCPOption appends an option of at most 255 octets to a message.
func AppendDHCPOption(m []byte, code uint8, value ...byte) []byte {
	return append(append(m, code, byte(len(value))), value...)
}

// Option appends the value of an option to b. The parts of a split one are joined in the order of RFC 3396
// section 5 and 7: the options, then the file field, then the sname field, as far as OptOverload opens them.
func (m DHCP) Option(b []byte, code uint8) (value []byte, ok bool) {
	options := m[DHCPLen:]
	value, ok = appendOptions(b, options, code)
	var over [1]byte
	if o, have := appendOptions(over[:0], options, OptOverload); have && len(o) == 1 {
		var more bool
		if o[0]&1 != 0 {
			value, more = appendOptions(value, m[108:236], code)
			ok = ok || more
		}
		if o[0]&2 != 0 {
			value, more = appendOptions(value, m[44:108], code)
			ok = ok || more
		}
	}
	return value, ok
}

// appendOptions appends the values of each instance of code among options. What follows an option that runs
// over the end is not there.
func appendOptions(b, options []byte, code uint8) (value []byte, ok bool) {
	for len(options) > 0 {
		switch options[0] {
		case OptEnd:
			return b, ok
		case OptPad:
			options = options[1:]
			continue
		}
		if len(options) < 2 || int(options[1]) > len(options)-2 {
			return b, ok
		}
		n := 2 + int(options[1])
		if options[0] == code {
			b, ok = append(b, options[2:n]...), true
		}
		options = options[n:]
	}
	return b, ok
}
