package dns

import "errors"

// A radix is a way to write bytes in digits of 4, 5 or 6 bits, the most significant first (RFC 4648).
type radix struct {
	bits   uint
	digits string // the digit of each value
	fold   bool   // either case of a letter is read
	pad    bool   // '=' fills the last group up
}

var (
	hex       = radix{4, "0123456789ABCDEF", true, false}
	base32hex = radix{5, "0123456789ABCDEFGHIJKLMNOPQRSTUV", true, false}
	base64    = radix{6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", false, true}
)

var errDigits = errors.New("the last group of digits is cut short, or does not end a whole byte")

// appendDecoded appends the bytes that text writes.
func (r *radix) appendDecoded(dst []byte, text []byte) ([]byte, error) {
	if r.pad {
		if len(text)%4 != 0 {
			return dst, errDigits
		}
		for n := 0; n < 2 && len(text) > 0 && text[len(text)-1] == '='; n++ {
			text = text[:len(text)-1]
		}
	}
	var acc, have uint
	for _, c := range text {
		v := r.value(c)
		if v < 0 {
			return dst, errors.New(`"` + string(appendEscaped(nil, c, "")) + `" is not a digit here`)
		}
		acc, have = acc<<r.bits|uint(v), have+r.bits
		if have >= 8 {
			have -= 8
			dst = append(dst, byte(acc>>have))
		}
	}
	if have >= r.bits || acc&(1<<have-1) != 0 {
		return dst, errDigits
	}
	return dst, nil
}

func (r *radix) value(c byte) int {
	if r.fold && c-'a' <= 'z'-'a' {
		c -= 'a' - 'A'
	}
	for i := 0; i < len(r.digits); i++ {
		if r.digits[i] == c {
			return i
		}
	}
	return -1
}

// appendEncoded appends data in digits.
func (r *radix) appendEncoded(dst []byte, data []byte) []byte {
	var acc, have uint
	for _, c := range data {
		acc, have = acc<<8|uint(c), have+8
		for have >= r.bits {
			have -= r.bits
			dst = append(dst, r.digits[acc>>have&(1<<r.bits-1)])
		}
	}
	if have > 0 {
		dst = append(dst, r.digits[acc<<(r.bits-have)&(1<<r.bits-1)])
	}
	if r.pad {
		for n := len(data); n%3 != 0; n++ {
			dst = append(dst, '=')
		}
	}
	return dst
}
