package dns

import (
	"bytes"
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

// FormatData returns data as a zone file writes it after the type. What is not well-formed data of the type, or
// cannot be said in its text form, is written as RFC 3597 section 5 writes data of unknown types.
func FormatData(t Type, data []byte) string {
	if l := t.layout(); l != nil && validData(t, data) {
		text := formatFields(l.fields, data)
		if again, err := ParseData(t, text, ""); err == nil && bytes.Equal(again, data) {
			return text
		}
	}
	text := strconv.AppendInt([]byte(`\# `), int64(len(data)), 10)
	if len(data) > 0 {
		text = hex.appendEncoded(append(text, ' '), data)
	}
	return string(text)
}

// formatFields writes well-formed data field by field.
func formatFields(fields string, data []byte) string {
	var dst []byte
	for i := 0; i < len(fields); i++ {
		n := fieldLen(fields[i], data)
		if len(dst) > 0 && dst[len(dst)-1] != ' ' {
			dst = append(dst, ' ')
		}
		dst = appendField(dst, fields[i], data[:n])
		data = data[n:]
	}
	return string(bytes.TrimRight(dst, " "))
}

// appendField writes the field v, with a space behind each part if it can have several.
func appendField(dst []byte, f byte, v []byte) []byte {
	switch f {
	case fieldByte, fieldAlg:
		return strconv.AppendUint(dst, uint64(v[0]), 10)
	case fieldShort, fieldCert:
		return strconv.AppendUint(dst, uint64(be16(v)), 10)
	case fieldLong, fieldPeriod:
		return strconv.AppendUint(dst, uint64(be32(v)), 10)
	case fieldDate:
		return appendDate(dst, be32(v))
	case fieldType:
		return append(dst, Type(be16(v)).String()...)
	case fieldName, fieldFullName, fieldLiteral:
		return Name(v).appendText(dst)
	case fieldA, fieldAAAA:
		return appendAddress(dst, v)
	case fieldString, fieldOptional, fieldStrings:
		for len(v) > 0 {
			dst = append(appendQuoted(dst, v[1:1+int(v[0])]), ' ')
			v = v[1+int(v[0]):]
		}
		return dst
	case fieldTag:
		return append(dst, v[1:]...)
	case fieldText:
		return appendQuoted(dst, v)
	case fieldHex, fieldBase64:
		return appendDigits(dst, &hex, &base64, f == fieldHex, v, '0')
	case fieldSalt, fieldHash:
		return appendDigits(dst, &hex, &base32hex, f == fieldSalt, v[1:], '-')
	case fieldNSAP:
		return hex.appendEncoded(append(dst, "0x"...), v)
	case fieldEUI48, fieldEUI64:
		return appendGroups(dst, v, 1, '-')
	case fieldILNP:
		return appendGroups(dst, v, 2, ':')
	case fieldBitmap:
		return appendBitmap(dst, v)
	case fieldNXT:
		return appendBits(dst, 0, v)
	case fieldParams:
		return appendParams(dst, v)
	case fieldAPL:
		return appendPrefixes(dst, v)
	case fieldLOC:
		return appendLOC(dst, v)
	case fieldWKS:
		return appendServices(dst, v)
	case fieldGateway:
		return appendGateway(dst, v)
	case fieldHIP:
		return appendHIP(dst, v)
	}
	return dst
}

// appendDigits writes v in one of two ways, or as none if it is empty.
func appendDigits(dst []byte, a, b *radix, first bool, v []byte, none byte) []byte {
	if len(v) == 0 {
		return append(dst, none)
	}
	if !first {
		a = b
	}
	return a.appendEncoded(dst, v)
}

// appendAddress writes an address of 4 or 16 bytes.
func appendAddress(dst, v []byte) []byte {
	a, _ := netip.AddrFromSlice(v)
	return a.AppendTo(dst)
}

func appendGroups(dst, v []byte, size int, sep byte) []byte {
	for ; len(v) > 0; v = v[size:] {
		dst = append(hex.appendEncoded(dst, v[:size]), sep)
	}
	return dst[:len(dst)-1]
}

func appendQuoted(dst, v []byte) []byte {
	dst = append(dst, '"')
	for _, c := range v {
		dst = appendEscaped(dst, c, `"\`)
	}
	return append(dst, '"')
}
