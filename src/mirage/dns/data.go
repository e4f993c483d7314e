package dns

import (
	"errors"
	"net/netip"
	"strconv"
)

var (
	errShort     = errors.New("the message ends too early")
	errPointer   = errors.New("a compression pointer does not point backwards")
	errLabelType = errors.New("a label of an unknown kind")
)

// nameLen returns the length of the uncompressed name that data starts with, -1 if it starts with none.
func nameLen(data []byte) int {
	for i := 0; i < len(data) && i < maxName; i += 1 + int(data[i]) {
		if data[i] == 0 {
			return i + 1
		}
		if data[i] > maxLabel {
			return -1
		}
	}
	return -1
}

// fieldLen returns the length of the field of the kind that data starts with, -1 if data does not start with
// one.
func fieldLen(f byte, data []byte) int {
	n := -1
	switch f {
	case fieldByte, fieldAlg:
		n = 1
	case fieldShort, fieldType, fieldCert:
		n = 2
	case fieldLong, fieldPeriod, fieldDate, fieldA:
		n = 4
	case fieldEUI48:
		n = 6
	case fieldEUI64, fieldILNP:
		n = 8
	case fieldAAAA:
		n = 16
	case fieldName, fieldFullName, fieldLiteral:
		n = nameLen(data)
	case fieldString, fieldTag, fieldSalt, fieldHash:
		if len(data) > 0 {
			n = 1 + int(data[0])
		}
	case fieldOptional:
		if n = 0; len(data) > 0 {
			n = 1 + int(data[0])
		}
	case fieldStrings:
		for n = 0; n < len(data); n += 1 + int(data[n]) {
		}
		if n == 0 {
			n = -1
		}
	case fieldGateway:
		if len(data) >= 2 {
			if n = gatewayLen(data[0], data[2:]); n >= 0 {
				n += 2
			}
		}
	default:
		if validRest(f, data) {
			n = len(data)
		}
	}
	if n > len(data) {
		return -1
	}
	return n
}

// validRest reports whether data is well-formed for a field that takes the rest.
func validRest(f byte, data []byte) bool {
	switch f {
	case fieldBitmap:
		return validBitmap(data)
	case fieldNXT:
		return len(data) <= 16
	case fieldLOC:
		return len(data) == locLength
	case fieldAPL:
		return validPrefixes(data)
	case fieldWKS:
		return len(data) >= 1
	case fieldParams:
		return validParams(data)
	case fieldHIP:
		if len(data) < 4 || len(data) < 4+int(data[0])+int(be16(data[2:])) {
			return false
		}
		for data = data[4+int(data[0])+int(be16(data[2:])):]; len(data) > 0; {
			n := nameLen(data)
			if n < 0 {
				return false
			}
			data = data[n:]
		}
	}
	return true
}

// validData reports whether data is well-formed for t. Data of types without a layout always is.
func validData(t Type, data []byte) bool {
	l := t.layout()
	if l == nil {
		return true
	}
	at := 0
	for i := 0; i < len(l.fields); i++ {
		n := fieldLen(l.fields[i], data[at:])
		if n < 0 {
			return false
		}
		at += n
	}
	return at == len(data)
}

// FormatData returns data as a zone file writes it after the type; what is not well-formed data of the type is
// written as RFC 3597 section 5 writes data of unknown types.
func FormatData(t Type, data []byte) string {
	if l := t.layout(); l != nil && validData(t, data) {
		if text, ok := appendFields(nil, l.fields, data); ok {
			return string(text)
		}
	}
	text := strconv.AppendInt([]byte(`\# `), int64(len(data)), 10)
	if len(data) > 0 {
		text = hex.appendEncoded(append(text, ' '), data)
	}
	return string(text)
}

// appendFields writes well-formed data field by field; ok is false when the text form cannot say it.
func appendFields(dst []byte, fields string, data []byte) (_ []byte, ok bool) {
	ok = true
	for i := 0; i < len(fields) && ok; i++ {
		n := fieldLen(fields[i], data)
		v := data[:n]
		data = data[n:]
		switch fields[i] { // those that write their own spaces
		case fieldBitmap:
			dst = appendBitmap(dst, v)
			continue
		case fieldNXT:
			dst = appendBits(dst, 0, v)
			continue
		case fieldParams:
			dst = appendParams(dst, v)
			continue
		case fieldAPL:
			dst, ok = appendPrefixes(dst, v)
			continue
		case fieldOptional:
			if n == 0 {
				continue
			}
		}
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst, ok = appendField(dst, fields[i], v)
	}
	if len(dst) > 0 && dst[0] == ' ' {
		dst = dst[1:]
	}
	return dst, ok
}

// appendField writes the field v.
func appendField(dst []byte, f byte, v []byte) (_ []byte, ok bool) {
	switch f {
	case fieldByte, fieldAlg:
		dst = strconv.AppendUint(dst, uint64(v[0]), 10)
	case fieldShort, fieldCert:
		dst = strconv.AppendUint(dst, uint64(be16(v)), 10)
	case fieldLong, fieldPeriod:
		dst = strconv.AppendUint(dst, uint64(be32(v)), 10)
	case fieldDate:
		dst = appendDate(dst, be32(v))
	case fieldType:
		dst = append(dst, Type(be16(v)).String()...)
	case fieldName, fieldFullName, fieldLiteral:
		dst = Name(v).appendText(dst)
	case fieldA, fieldAAAA:
		a, _ := netip.AddrFromSlice(v)
		dst = a.AppendTo(dst)
	case fieldString, fieldOptional:
		dst = appendQuoted(dst, v[1:])
	case fieldTag:
		for _, c := range v[1:] {
			if !isDigit(c) && lower(c)-'a' > 'z'-'a' {
				return dst, false
			}
		}
		return append(dst, v[1:]...), len(v) > 1
	case fieldText:
		dst = appendQuoted(dst, v)
	case fieldStrings:
		for len(v) > 0 {
			dst = append(appendQuoted(dst, v[1:1+int(v[0])]), ' ')
			v = v[1+int(v[0]):]
		}
		dst = dst[:len(dst)-1]
	case fieldHex, fieldBase64:
		if len(v) == 0 {
			return append(dst, '0'), true
		}
		if f == fieldHex {
			return hex.appendEncoded(dst, v), true
		}
		dst = base64.appendEncoded(dst, v)
	case fieldSalt, fieldHash:
		if len(v) == 1 {
			return append(dst, '-'), true
		}
		if f == fieldSalt {
			return hex.appendEncoded(dst, v[1:]), true
		}
		dst = base32hex.appendEncoded(dst, v[1:])
	case fieldNSAP:
		dst = hex.appendEncoded(append(dst, "0x"...), v)
	case fieldEUI48, fieldEUI64:
		dst = appendGroups(dst, v, 1, '-')
	case fieldILNP:
		dst = appendGroups(dst, v, 2, ':')
	case fieldLOC:
		return appendLOC(dst, v)
	case fieldWKS:
		dst = strconv.AppendInt(dst, int64(v[0]), 10)
		for i := range len(v[1:]) * 8 {
			if v[1+i/8]&(0x80>>(i%8)) != 0 {
				dst = strconv.AppendInt(append(dst, ' '), int64(i), 10)
			}
		}
	case fieldGateway:
		dst = appendGateway(dst, v)
	case fieldHIP:
		return appendHIP(dst, v), v[0] > 0 && be16(v[2:]) > 0
	}
	return dst, true
}

func appendGroups(dst, v []byte, size int, sep byte) []byte {
	for ; len(v) > 0; v = v[size:] {
		dst = append(hex.appendEncoded(dst, v[:size]), sep)
	}
	return dst[:len(dst)-1]
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
		a, _ := netip.AddrFromSlice(gw)
		return a.AppendTo(dst)
	}
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

func appendQuoted(dst, v []byte) []byte {
	dst = append(dst, '"')
	for _, c := range v {
		dst = appendEscaped(dst, c, `"\`)
	}
	return append(dst, '"')
}
