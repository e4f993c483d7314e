package tsig

import (
	"errors"
	"internal/byteorder"
	"mirage/dns"
)

// A record is a message's TSIG record (RFC 8945 section 4.2).
type record struct {
	off             int // where it starts
	name, algorithm dns.Name
	time            uint64 // seconds since 1970, 48 bits
	fudge           uint16 // seconds
	mac             []byte
	id              uint16
	err             dns.Rcode
	other           []byte
}

var errFormat = errors.New("tsig: the message or its signature is not well-formed")

const headerLen = 12

// find returns msg's TSIG record, nil if it has none. It is the last record (RFC 8945 section 5.1).
func find(msg []byte) (*record, error) {
	if len(msg) < headerLen {
		return nil, errFormat
	}
	count := func(i int) int { return int(byteorder.BEUint16(msg[i:])) }
	off := headerLen
	for range count(4) {
		if off = skipName(msg, off); off < 0 || off+4 > len(msg) {
			return nil, errFormat
		}
		off += 4
	}
	for left := count(6) + count(8) + count(10); left > 0; left-- {
		at := skipName(msg, off)
		if at < 0 || at+10 > len(msg) {
			return nil, errFormat
		}
		end := at + 10 + count(at+8)
		if end > len(msg) {
			return nil, errFormat
		}
		if dns.Type(count(at)) == dns.TypeTSIG {
			if left != 1 || count(10) == 0 || end != len(msg) {
				return nil, errFormat
			}
			return parse(msg, off, at)
		}
		off = end
	}
	return nil, nil
}

// skipName returns the offset behind the name at off, -1 if there is none.
func skipName(msg []byte, off int) int {
	for off < len(msg) {
		switch c := int(msg[off]); {
		case c == 0:
			return off + 1
		case c >= 0xc0:
			return off + 2
		case c > 63:
			return -1
		default:
			off += 1 + c
		}
	}
	return -1
}

// plainName returns the name at off, which must not be compressed (RFC 8945 section 4.2; RFC 3597 section 4).
func plainName(msg []byte, off int) (dns.Name, int) {
	end := off
	for end < len(msg) && msg[end] != 0 {
		if msg[end] > 63 {
			return "", -1
		}
		end += 1 + int(msg[end])
	}
	if end++; end > len(msg) || end-off > 255 {
		return "", -1
	}
	return dns.Name(msg[off:end]), end
}

// parse reads the record whose name is at off and whose type is at at, the last of msg.
func parse(msg []byte, off, at int) (*record, error) {
	r := &record{off: off}
	var end int
	if r.name, end = plainName(msg, off); end != at {
		return nil, errFormat
	}
	if dns.Class(byteorder.BEUint16(msg[at+2:])) != dns.ClassANY || byteorder.BEUint32(msg[at+4:]) != 0 {
		return nil, errFormat
	}
	if r.algorithm, at = plainName(msg, at+10); at < 0 || at+10 > len(msg) {
		return nil, errFormat
	}
	r.time = uint64(byteorder.BEUint16(msg[at:]))<<32 | uint64(byteorder.BEUint32(msg[at+2:]))
	r.fudge = byteorder.BEUint16(msg[at+6:])
	n := int(byteorder.BEUint16(msg[at+8:]))
	if at += 10; at+n+6 > len(msg) {
		return nil, errFormat
	}
	r.mac, at = msg[at:at+n], at+n
	r.id, r.err = byteorder.BEUint16(msg[at:]), dns.Rcode(byteorder.BEUint16(msg[at+2:]))
	if r.other = msg[at+6:]; len(r.other) != int(byteorder.BEUint16(msg[at+4:])) {
		return nil, errFormat
	}
	return r, nil
}

// appendTo appends r to the message dst, counted.
func (r *record) appendTo(dst []byte) []byte {
	dst = append(dst, r.name...)
	dst = byteorder.BEAppendUint16(byteorder.BEAppendUint16(dst, uint16(dns.TypeTSIG)), uint16(dns.ClassANY))
	dst = append(dst, 0, 0, 0, 0)
	dst = byteorder.BEAppendUint16(dst, uint16(len(r.algorithm)+16+len(r.mac)+len(r.other)))
	dst = append(dst, r.algorithm...)
	dst = appendTimers(dst, r)
	dst = append(byteorder.BEAppendUint16(dst, uint16(len(r.mac))), r.mac...)
	dst = byteorder.BEAppendUint16(byteorder.BEAppendUint16(dst, r.id), uint16(r.err))
	dst = append(byteorder.BEAppendUint16(dst, uint16(len(r.other))), r.other...)
	byteorder.BEPutUint16(dst[10:], byteorder.BEUint16(dst[10:])+1)
	return dst
}

func appendTimers(dst []byte, r *record) []byte {
	dst = byteorder.BEAppendUint32(byteorder.BEAppendUint16(dst, uint16(r.time>>32)), uint32(r.time))
	return byteorder.BEAppendUint16(dst, r.fudge)
}

// variables returns what is signed besides the message (RFC 8945 section 4.3.3).
func (r *record) variables() []byte {
	b := append([]byte(nil), r.name.Lower()...)
	b = append(byteorder.BEAppendUint16(b, uint16(dns.ClassANY)), 0, 0, 0, 0)
	b = appendTimers(append(b, r.algorithm.Lower()...), r)
	b = byteorder.BEAppendUint16(b, uint16(r.err))
	return append(byteorder.BEAppendUint16(b, uint16(len(r.other))), r.other...)
}
