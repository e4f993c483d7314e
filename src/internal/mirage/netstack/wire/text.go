package wire

import (
	"internal/bytealg"
	"internal/strconv"
)

// String returns a in dotted decimal or as RFC 5952 section 4 wants it.
func (a Addr) String() string { return string(a.AppendTo(nil)) }

// AppendTo appends a.String() to b.
func (a Addr) AppendTo(b []byte) []byte {
	if a.Is4() {
		for i, o := range a.As4() {
			if i > 0 {
				b = append(b, '.')
			}
			b = strconv.AppendUint(b, uint64(o), 10)
		}
		return b
	}
	var group [8]uint16
	for i, o := range a.As16() {
		group[i/2] = group[i/2]<<8 | uint16(o)
	}
	from, to := longestZeros(group)
	for i := 0; i < 8; i++ {
		if i == from {
			b = append(b, ':', ':')
			i = to
			if i == 8 {
				break
			}
		} else if i > 0 {
			b = append(b, ':')
		}
		b = strconv.AppendUint(b, uint64(group[i]), 16)
	}
	return b
}

// longestZeros returns the first of the longest runs of at least two zero groups (RFC 5952 section 4.2), or -1, -1.
func longestZeros(group [8]uint16) (from, to int) {
	from, to = -1, -1
	for i := 0; i < 8; i++ {
		j := i
		for j < 8 && group[j] == 0 {
			j++
		}
		if j-i >= 2 && j-i > to-from {
			from, to = i, j
		}
		i = j
	}
	return from, to
}

// String returns addr:port, with brackets around an IPv6 address.
func (p AddrPort) String() string {
	var b []byte
	if p.Addr.Is4() {
		b = p.Addr.AppendTo(b)
	} else {
		b = append(p.Addr.AppendTo(append(b, '[')), ']')
	}
	return string(strconv.AppendUint(append(b, ':'), uint64(p.Port), 10))
}

// String returns addr/bits.
func (p Prefix) String() string {
	return string(strconv.AppendUint(append(p.Addr.AppendTo(nil), '/'), uint64(p.Bits), 10))
}

// ParseAddr reads an address: four decimal octets without leading zeros, or RFC 4291 section 2.2.
func ParseAddr(s string) (a Addr, ok bool) {
	if bytealg.IndexByteString(s, ':') >= 0 {
		return parse6(s)
	}
	v, ok := parse4(s)
	return V4From(v), ok
}

// ParsePrefix reads addr/bits.
func ParsePrefix(s string) (p Prefix, ok bool) {
	slash := bytealg.LastIndexByteString(s, '/')
	if slash < 0 {
		return Prefix{}, false
	}
	a, ok := ParseAddr(s[:slash])
	n, rest, digits := number(s[slash+1:], 10, 128)
	if !ok || !digits || rest != "" || n > a.BitLen() {
		return Prefix{}, false
	}
	return Prefix{a, uint8(n)}, true
}

// number reads digits of the base up to limit, without a leading zero when the base is ten.
func number(s string, base, limit int) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s); i++ {
		d := digit(s[i])
		if d >= base {
			break
		}
		if n = n*base + d; n > limit {
			return 0, s, false
		}
	}
	if i == 0 || base == 10 && i > 1 && s[0] == '0' || i > 4 {
		return 0, s, false
	}
	return n, s[i:], true
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}

func parse4(s string) (v uint32, ok bool) {
	for i := 0; i < 4; i++ {
		if i > 0 {
			if s == "" || s[0] != '.' {
				return 0, false
			}
			s = s[1:]
		}
		n, rest, ok := number(s, 10, 255)
		if !ok {
			return 0, false
		}
		v, s = v<<8|uint32(n), rest
	}
	return v, s == ""
}

func parse6(s string) (Addr, bool) {
	var b [16]byte
	n, gap := 0, -1 // octets so far; where :: stood
	if len(s) >= 2 && s[:2] == "::" {
		gap, s = 0, s[2:]
	}
	for s != "" {
		if v4, ok := parse4(s); ok && n <= 12 {
			b[n], b[n+1], b[n+2], b[n+3] = byte(v4>>24), byte(v4>>16), byte(v4>>8), byte(v4)
			n += 4
			break
		}
		g, rest, ok := number(s, 16, 0xffff)
		if !ok || n > 14 {
			return Addr{}, false
		}
		b[n], b[n+1] = byte(g>>8), byte(g)
		n += 2
		if rest == "" {
			break
		}
		if rest[0] != ':' || len(rest) == 1 {
			return Addr{}, false
		}
		s = rest[1:]
		if s[0] == ':' {
			if gap >= 0 {
				return Addr{}, false
			}
			gap, s = n, s[1:]
		}
	}
	if gap < 0 && n != 16 || gap >= 0 && n > 14 {
		return Addr{}, false
	}
	if gap >= 0 {
		copy(b[16-(n-gap):], b[gap:n])
		clear(b[gap : 16-(n-gap)])
	}
	return AddrFrom16(b), true
}
