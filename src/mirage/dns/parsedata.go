package dns

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ParseData returns the wire form of the data that text writes as a zone file does after the type, names that
// do not end with a dot relative to origin ("" for none). \# LENGTH HEX is read for every type (RFC 3597).
func ParseData(t Type, text string, origin Name) ([]byte, error) {
	s := newScanner(strings.NewReader(text))
	if err := s.next(); err != nil && len(text) > 0 && !s.eof {
		return nil, err
	}
	toks := s.toks
	if err := s.next(); err == nil || !s.eof {
		return nil, errors.New("the data of one record, on one line or in parentheses, is wanted")
	}
	return appendData(nil, t, toks, origin)
}

// A parser turns the tokens of a record's data into its wire form.
type parser struct {
	dst    []byte
	toks   []token
	origin Name
}

var errData = errors.New("the data is longer than 65535 bytes")

// appendData appends the wire form of the data that toks writes to dst.
func appendData(dst []byte, t Type, toks []token, origin Name) ([]byte, error) {
	start := len(dst)
	p := parser{dst, toks, origin}
	l := t.layout()
	var err error
	switch {
	case len(toks) > 0 && !toks[0].quoted && string(toks[0].text) == `\#`:
		p.toks = toks[1:]
		if err = p.unknown(); err == nil && !validData(t, p.dst[start:]) {
			err = errors.New("these bytes are not well-formed data of the type")
		}
	case l == nil:
		err = errors.New(`the type has no format of its own: write \# LENGTH HEX (RFC 3597)`)
	default:
		for i := 0; i < len(l.fields) && err == nil; i++ {
			err = p.field(l.fields[i])
		}
	}
	if err == nil && len(p.toks) > 0 {
		err = errors.New(quote(p.toks[0].text) + " is too much: the data is complete before it")
	}
	if err == nil && len(p.dst)-start > 0xffff {
		err = errData
	}
	if err != nil {
		return dst, errors.New(t.String() + ": " + err.Error())
	}
	return p.dst, nil
}

// field reads one field of the kind that f names.
func (p *parser) field(f byte) (err error) {
	switch f { // those that may be empty, or see to it themselves
	case fieldOptional:
		if len(p.toks) == 0 {
			return nil
		}
		return p.field(fieldString)
	case fieldBitmap:
		return p.bitmap()
	case fieldAPL:
		return p.prefixes()
	case fieldParams:
		return p.params()
	case fieldHex, fieldBase64:
		if len(p.toks) == 0 {
			return errors.New(missing[f])
		}
		return p.rest(f)
	}
	if len(p.toks) == 0 {
		return errors.New(missing[f])
	}
	switch f {
	case fieldStrings:
		for len(p.toks) > 0 && err == nil {
			err = p.string(255)
		}
		return err
	case fieldLOC:
		return p.loc()
	case fieldNSAP:
		return p.nsap()
	case fieldNXT:
		return p.nxt()
	case fieldWKS:
		return p.services()
	case fieldGateway:
		return p.gateway()
	case fieldHIP:
		return p.hip()
	case fieldText:
		return p.text()
	case fieldString:
		return p.string(255)
	case fieldTag:
		return p.tag()
	}
	return p.word(f, p.next().text)
}

// word reads a field that is one word.
func (p *parser) word(f byte, w []byte) (err error) {
	var n uint64
	switch f {
	case fieldByte:
		n, err = number(w, 8)
		p.dst = append(p.dst, byte(n))
	case fieldShort:
		n, err = number(w, 16)
		p.dst = append(p.dst, byte(n>>8), byte(n))
	case fieldLong:
		n, err = number(w, 32)
		p.long(n)
	case fieldPeriod:
		var seconds uint32
		seconds, err = parsePeriod(w)
		p.long(uint64(seconds))
	case fieldDate:
		n, err = parseDate(w)
		p.long(n)
	case fieldName, fieldFullName, fieldLiteral:
		p.dst, err = appendName(p.dst, w, p.origin)
	case fieldA, fieldAAAA:
		err = p.address(f, w)
	case fieldSalt:
		err = p.counted(&hex, w)
	case fieldHash:
		err = p.counted(&base32hex, w)
	case fieldType:
		t, ok := ParseType(string(w))
		if !ok {
			err = errors.New(quote(w) + " is not a type; TYPEnnn writes any")
		}
		p.dst = append(p.dst, byte(t>>8), byte(t))
	case fieldAlg:
		n, err = mnemonic(w, algorithms[:], 8)
		p.dst = append(p.dst, byte(n))
	case fieldCert:
		n, err = mnemonic(w, certTypes[:], 16)
		p.dst = append(p.dst, byte(n>>8), byte(n))
	case fieldEUI48:
		err = p.groups(w, '-', 2, 6)
	case fieldEUI64:
		err = p.groups(w, '-', 2, 8)
	case fieldILNP:
		err = p.groups(w, ':', 4, 4)
	}
	return err
}

// missing says what a record lacks that ends before a field of the kind.
var missing = map[byte]string{
	fieldByte: "a number from 0 to 255 is missing", fieldShort: "a number from 0 to 65535 is missing",
	fieldLong: "a number is missing", fieldPeriod: "a number of seconds is missing",
	fieldDate: "a time (YYYYMMDDHHmmSS) is missing", fieldName: "a name is missing",
	fieldFullName: "a name is missing", fieldLiteral: "a name is missing", fieldA: "an IPv4 address is missing",
	fieldAAAA: "an IPv6 address is missing", fieldString: "a string is missing",
	fieldStrings: "a string is missing", fieldText: "a text is missing", fieldTag: "a tag is missing",
	fieldHex: "hexadecimal digits are missing", fieldSalt: "a salt in hexadecimal, or -, is missing",
	fieldHash: "a base32 hash is missing", fieldBase64: "base64 data is missing", fieldType: "a type is missing",
	fieldAlg: "an algorithm is missing", fieldCert: "a certificate type is missing",
	fieldNXT: "a list of types is missing", fieldEUI48: "six bytes with dashes are missing",
	fieldEUI64: "eight bytes with dashes are missing", fieldILNP: "four groups with colons are missing",
	fieldNSAP: "an address after 0x is missing", fieldLOC: "a latitude is missing",
	fieldWKS: "a protocol is missing", fieldGateway: "a gateway type is missing",
	fieldHIP: "an algorithm is missing",
}

// next takes the next token; the caller has seen that there is one.
func (p *parser) next() token {
	t := p.toks[0]
	p.toks = p.toks[1:]
	return t
}

func (p *parser) long(n uint64) {
	p.dst = append(p.dst, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// string reads a character string of at most max bytes (RFC 1035 section 3.3).
func (p *parser) string(max int) error {
	length := len(p.dst)
	p.dst = append(p.dst, 0)
	if err := p.text(); err != nil {
		return err
	}
	n := len(p.dst) - length - 1
	if n > max {
		return errors.New("a string is longer than " + strconv.Itoa(max) + " bytes: cut it in several")
	}
	p.dst[length] = byte(n)
	return nil
}

// text reads a token as bytes, its escapes resolved.
func (p *parser) text() error {
	w := p.next().text
	for len(w) > 0 {
		c, n, err := unescape(w)
		if err != nil {
			return err
		}
		p.dst, w = append(p.dst, c), w[n:]
	}
	return nil
}

// tag reads a property's tag of CAA (RFC 8659 section 4.1).
func (p *parser) tag() error {
	w := p.toks[0].text
	for _, c := range w {
		if !isDigit(c) && lower(c)-'a' > 'z'-'a' {
			return errors.New(quote(w) + " is not a tag: letters and digits only")
		}
	}
	if len(w) == 0 {
		return errors.New("an empty tag")
	}
	return p.string(255)
}

// rest reads digits up to the end of the data; a lone 0 writes no bytes.
func (p *parser) rest(f byte) (err error) {
	r := &hex
	if f == fieldBase64 {
		r = &base64
	}
	var digits []byte
	for len(p.toks) > 0 {
		digits = append(digits, p.next().text...)
	}
	if string(digits) != "0" {
		p.dst, err = r.appendDecoded(p.dst, digits)
	}
	return err
}

// counted reads bytes that go after a length byte; "-" writes none.
func (p *parser) counted(r *radix, w []byte) (err error) {
	length := len(p.dst)
	p.dst = append(p.dst, 0)
	if string(w) == "-" {
		return nil
	}
	p.dst, err = r.appendDecoded(p.dst, w)
	n := len(p.dst) - length - 1
	if err == nil && n > 255 {
		err = errors.New("more than 255 bytes")
	}
	p.dst[length] = byte(n)
	return err
}

// groups reads count groups of at most digits hexadecimal digits with sep between them.
func (p *parser) groups(w []byte, sep byte, digits, count int) error {
	bad := errors.New(quote(w) + " is not " + strconv.Itoa(count) + " hexadecimal groups with " + string(rune(sep)) + " between them")
	for ; count > 0; count-- {
		n, i := 0, 0
		for i < len(w) && i < digits && hex.value(w[i]) >= 0 {
			n, i = n<<4|hex.value(w[i]), i+1
		}
		if i == 0 || (count > 1) != (i < len(w) && w[i] == sep) || count == 1 && i < len(w) {
			return bad
		}
		if digits == 4 {
			p.dst = append(p.dst, byte(n>>8))
		}
		p.dst = append(p.dst, byte(n))
		w = w[min(i+1, len(w)):]
	}
	return nil
}

func (p *parser) address(f byte, w []byte) error {
	a, err := netip.ParseAddr(string(w))
	if f == fieldA {
		if err != nil || !a.Is4() {
			return errors.New(quote(w) + " is not an IPv4 address")
		}
	} else if err != nil || !a.Is6() || a.Zone() != "" {
		return errors.New(quote(w) + " is not an IPv6 address")
	}
	p.dst = append(p.dst, a.AsSlice()...)
	return nil
}

// unknown reads LENGTH HEX after \# (RFC 3597 section 5).
func (p *parser) unknown() error {
	if len(p.toks) == 0 {
		return errors.New(`\# is followed by the data's length and its bytes in hexadecimal`)
	}
	want, err := number(p.next().text, 16)
	if err != nil {
		return err
	}
	start := len(p.dst)
	if err := p.rest(fieldHex); err != nil {
		return err
	}
	if got := len(p.dst) - start; uint64(got) != want {
		return errors.New(`\# says ` + strconv.Itoa(int(want)) + " bytes, but " + strconv.Itoa(got) + " follow")
	}
	return nil
}

// quote puts a word from a zone file in quotes for a message.
func quote(w []byte) string {
	if len(w) > 64 {
		w = w[:64]
	}
	b := []byte{'"'}
	for _, c := range w {
		b = appendEscaped(b, c, `"`)
	}
	return string(append(b, '"'))
}
