package dns

import (
	"errors"
	"net/netip"
	"strconv"
)

// prefixes reads [!]FAMILY:ADDRESS/PREFIX up to the end of the data (RFC 3123 section 5).
func (p *parser) prefixes() error {
	for len(p.toks) > 0 {
		w := p.next().text
		bad := errors.New(quote(w) + " is not an address prefix: [!]1:IPV4/LENGTH or [!]2:IPV6/LENGTH is wanted")
		negate := byte(0)
		text := string(w)
		if text != "" && text[0] == '!' {
			negate, text = 0x80, text[1:]
		}
		if len(text) < 2 || text[1] != ':' {
			return bad
		}
		x, err := netip.ParsePrefix(text[2:])
		if err != nil || x.Addr().Is4() != (text[0] == '1') || x.Addr().Is6() != (text[0] == '2') {
			return bad
		}
		a := x.Addr().AsSlice()
		for len(a) > 0 && a[len(a)-1] == 0 { // RFC 3123 section 4: zeros at the end are not sent
			a = a[:len(a)-1]
		}
		p.dst = append(append(p.dst, 0, text[0]-'0', byte(x.Bits()), byte(len(a))|negate), a...)
	}
	return nil
}

// prefix is one item of APL's data.
func prefix(data []byte) (family uint16, bits byte, negate bool, addr, rest []byte, ok bool) {
	if len(data) < 4 || len(data) < 4+int(data[3]&0x7f) {
		return
	}
	end := 4 + int(data[3]&0x7f)
	return be16(data), data[2], data[3]&0x80 != 0, data[4:end], data[end:], true
}

func validPrefixes(data []byte) bool {
	for ok := true; len(data) > 0; {
		if _, _, _, _, data, ok = prefix(data); !ok {
			return false
		}
	}
	return true
}

// appendPrefixes writes APL's well-formed data up to the first of a family that has no text form.
func appendPrefixes(dst, data []byte) []byte {
	for len(data) > 0 {
		family, bits, negate, addr, rest, _ := prefix(data)
		size := map[uint16]int{1: 4, 2: 16}[family]
		if len(addr) > size {
			return dst
		}
		if negate {
			dst = append(dst, '!')
		}
		var full [16]byte
		copy(full[:], addr)
		dst = appendAddress(append(dst, '0'+byte(family), ':'), full[:size])
		dst = append(strconv.AppendInt(append(dst, '/'), int64(bits), 10), ' ')
		data = rest
	}
	return dst
}

// services reads a protocol and port numbers (RFC 1035 section 3.4.2).
func (p *parser) services() error {
	w := p.next().text
	switch upper(string(w)) {
	case "TCP":
		p.dst = append(p.dst, 6)
	case "UDP":
		p.dst = append(p.dst, 17)
	default:
		n, err := number(w, 8)
		if err != nil {
			return errors.New(quote(w) + " is not a protocol: tcp, udp or a number")
		}
		p.dst = append(p.dst, byte(n))
	}
	start := len(p.dst)
	for len(p.toks) > 0 {
		w := p.next().text
		n, ok := ports[upper(string(w))]
		if !ok {
			port, err := number(w, 16)
			if err != nil {
				return errors.New(quote(w) + " is not a service known here: write its port's number")
			}
			n = uint16(port)
		}
		for len(p.dst)-start <= int(n)/8 {
			p.dst = append(p.dst, 0)
		}
		p.dst[start+int(n)/8] |= 0x80 >> (n % 8)
	}
	return nil
}

// ports are the services that zones of the days of WKS name.
var ports = map[string]uint16{
	"ECHO": 7, "DISCARD": 9, "DAYTIME": 13, "FTP-DATA": 20, "FTP": 21, "SSH": 22, "TELNET": 23, "SMTP": 25, "TIME": 37,
	"DOMAIN": 53, "TFTP": 69, "GOPHER": 70, "FINGER": 79, "HTTP": 80, "WWW": 80, "POP3": 110, "SUNRPC": 111, "NNTP": 119,
	"NTP": 123, "IMAP": 143, "SNMP": 161, "IRC": 194, "LDAP": 389, "HTTPS": 443,
}

func appendServices(dst, v []byte) []byte {
	dst = strconv.AppendInt(dst, int64(v[0]), 10)
	for i := range len(v[1:]) * 8 {
		if v[1+i/8]&(0x80>>(i%8)) != 0 {
			dst = strconv.AppendInt(append(dst, ' '), int64(i), 10)
		}
	}
	return dst
}

// gateway reads the gateway's type, the algorithm and the gateway of IPSECKEY (RFC 4025 section 3.1).
func (p *parser) gateway() error {
	if len(p.toks) < 3 {
		return errors.New("a gateway type, an algorithm and a gateway are wanted")
	}
	kind, err := number(p.next().text, 8)
	if err != nil {
		return err
	}
	p.dst = append(p.dst, byte(kind))
	if err := p.word(fieldByte, p.next().text); err != nil {
		return err
	}
	w := p.next().text
	switch kind {
	case 0:
		if string(w) != "." {
			err = errors.New("gateway type 0 has the gateway .")
		}
	case 1:
		err = p.address(fieldA, w)
	case 2:
		err = p.address(fieldAAAA, w)
	case 3:
		p.dst, err = appendName(p.dst, w, p.origin)
	default:
		err = errors.New(quote(w) + ": the gateway type is one of 0, 1, 2 and 3")
	}
	if err == nil && len(p.toks) == 0 { // a record without a key
		p.toks = append(p.toks, token{text: []byte("0")})
	}
	return err
}

// gatewayLen returns the length of the gateway that data starts with, -1 if there is none of that kind.
func gatewayLen(kind byte, data []byte) int {
	n := -1
	switch kind {
	case 0:
		n = 0
	case 1:
		n = 4
	case 2:
		n = 16
	case 3:
		n = nameLen(data)
	}
	if n > len(data) {
		return -1
	}
	return n
}

func appendGateway(dst, v []byte) []byte {
	dst = strconv.AppendInt(dst, int64(v[0]), 10)
	dst = append(strconv.AppendInt(append(dst, ' '), int64(v[1]), 10), ' ')
	switch gw := v[2:]; v[0] {
	case 0:
		return append(dst, '.')
	case 3:
		return Name(gw).appendText(dst)
	default:
		return appendAddress(dst, gw)
	}
}

// hip reads an algorithm, an identity tag, a key and rendezvous servers (RFC 8005 section 6).
func (p *parser) hip() error {
	if len(p.toks) < 3 {
		return errors.New("an algorithm, a tag in hexadecimal and a key in base64 are wanted")
	}
	alg, err := number(p.next().text, 8)
	if err != nil {
		return err
	}
	start := len(p.dst)
	p.dst = append(p.dst, 0, byte(alg), 0, 0)
	if p.dst, err = hex.appendDecoded(p.dst, p.next().text); err != nil {
		return err
	}
	tag := len(p.dst) - start - 4
	if p.dst, err = base64.appendDecoded(p.dst, p.next().text); err != nil {
		return err
	}
	key := len(p.dst) - start - 4 - tag
	if tag > 255 || key > 0xffff {
		return errData
	}
	p.dst[start], p.dst[start+2], p.dst[start+3] = byte(tag), byte(key>>8), byte(key)
	for len(p.toks) > 0 && err == nil {
		p.dst, err = appendName(p.dst, p.next().text, p.origin)
	}
	return err
}

func appendHIP(dst, v []byte) []byte {
	tag, key := int(v[0]), int(be16(v[2:]))
	dst = append(strconv.AppendInt(dst, int64(v[1]), 10), ' ')
	v = v[4:]
	dst = append(hex.appendEncoded(dst, v[:tag]), ' ')
	dst = base64.appendEncoded(dst, v[tag:tag+key])
	for v = v[tag+key:]; len(v) > 0; {
		n := nameLen(v)
		dst = Name(v[:n]).appendText(append(dst, ' '))
		v = v[n:]
	}
	return dst
}

// nsap reads an address after 0x, with dots anywhere (RFC 1706 section 5).
func (p *parser) nsap() error {
	w := p.next().text
	if len(w) < 2 || w[0] != '0' || lower(w[1]) != 'x' {
		return errors.New(quote(w) + " does not start with 0x")
	}
	var digits []byte
	for _, c := range w[2:] {
		if c != '.' {
			digits = append(digits, c)
		}
	}
	var err error
	p.dst, err = hex.appendDecoded(p.dst, digits)
	return err
}
