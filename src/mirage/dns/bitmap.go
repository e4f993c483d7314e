package dns

import "errors"

// bitmap reads types up to the end of the data into windows of 256 (RFC 4034 section 4.1.2).
func (p *parser) bitmap() error {
	var bits [256][]byte
	for len(p.toks) > 0 {
		t, err := p.bitmapType()
		if err != nil {
			return err
		}
		w, i := &bits[t>>8], int(t&0xff)
		for len(*w) <= i/8 {
			*w = append(*w, 0)
		}
		(*w)[i/8] |= 0x80 >> (i % 8)
	}
	for window, w := range bits {
		if len(w) > 0 {
			p.dst = append(append(p.dst, byte(window), byte(len(w))), w...)
		}
	}
	return nil
}

// nxt reads types below 128 up to the end of the data into one bitmap (RFC 2535 section 5.2).
func (p *parser) nxt() error {
	start := len(p.dst)
	for len(p.toks) > 0 {
		w := p.toks[0].text
		t, err := p.bitmapType()
		if err != nil {
			return err
		}
		if t > 127 {
			return errors.New(quote(w) + ": NXT has no room for types above 127")
		}
		for len(p.dst)-start <= int(t)/8 {
			p.dst = append(p.dst, 0)
		}
		p.dst[start+int(t)/8] |= 0x80 >> (t % 8)
	}
	return nil
}

func (p *parser) bitmapType() (Type, error) {
	w := p.next().text
	t, ok := ParseType(string(w))
	if !ok || t == 0 {
		return 0, errors.New(quote(w) + " is not a type; TYPEnnn writes any")
	}
	return t, nil
}

// validBitmap reports whether data is well-formed windows, in order and none empty.
func validBitmap(data []byte) bool {
	last := -1
	for len(data) > 0 {
		if len(data) < 2 || int(data[0]) <= last || data[1] == 0 || data[1] > 32 || len(data) < 2+int(data[1]) {
			return false
		}
		last = int(data[0])
		data = data[2+int(data[1]):]
	}
	return true
}

// appendBitmap writes the types of well-formed windows, a space behind each.
func appendBitmap(dst, data []byte) []byte {
	for len(data) > 0 {
		window, n := int(data[0]), int(data[1])
		dst = appendBits(dst, window<<8, data[2:2+n])
		data = data[2+n:]
	}
	return dst
}

// appendBits writes the types whose bits are set, the first bit's being first, a space behind each.
func appendBits(dst []byte, first int, bits []byte) []byte {
	for i := 0; i < len(bits)*8; i++ {
		if bits[i/8]&(0x80>>(i%8)) != 0 {
			dst = append(append(dst, Type(first+i).String()...), ' ')
		}
	}
	return dst
}

// hasType reports whether t is in well-formed windows.
func hasType(data []byte, t Type) bool {
	for len(data) > 0 {
		n := int(data[1])
		if data[0] == byte(t>>8) {
			i := int(t & 0xff)
			return i/8 < n && data[2+i/8]&(0x80>>(i%8)) != 0
		}
		data = data[2+n:]
	}
	return false
}
