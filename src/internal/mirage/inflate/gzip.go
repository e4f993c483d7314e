// Package inflate unpacks gzip (RFC 1952, and RFC 1951 for what is in it): an initial RAM disk may be compressed so. What
// the standard library has for it stands above package os, and here is below it.
//
// All is in memory. The input is hostile: nothing that it says makes the output longer than the limit.
package inflate

// Flags of a member: RFC 1952, 2.3.1.
const (
	headerCRC = 1 << 1
	extra     = 1 << 2
	name      = 1 << 3
	comment   = 1 << 4
	reserved  = 0xe0

	headerSize  = 10
	trailerSize = 8
	deflated    = 8 // CM
)

// IsGzip reports whether b begins as a gzip member does.
func IsGzip(b []byte) bool { return len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b }

// Gzip unpacks the member that in begins with, into at most limit bytes. It returns how long the member is, and what is
// wrong with it, if anything.
func Gzip(in []byte, limit int) (out []byte, n int, what string) {
	n, what = header(in)
	if what != "" {
		return nil, 0, what
	}
	r := &reader{in: in, at: n, limit: limit}
	// The trailer of the last member, if this is it and nothing stands behind it, says how long it is; deflate makes
	// nothing more than 1032 times shorter.
	if guess := uint64(get32(in[len(in)-4:])); guess <= uint64(limit) && guess/1032 <= uint64(len(in)) {
		r.out = make([]byte, 0, guess)
	}
	if what := r.inflate(); what != "" {
		return nil, 0, what
	}
	end := r.at - int(r.nbits/8)
	if len(in)-end < trailerSize {
		return nil, 0, cut
	}
	if get32(in[end:]) != Checksum(r.out) || get32(in[end+4:]) != uint32(len(r.out)) {
		return nil, 0, "the checksum is wrong"
	}
	return r.out, end + trailerSize, ""
}

// header returns how long a member's header is.
func header(in []byte) (n int, what string) {
	if len(in) < headerSize {
		return 0, cut
	}
	flags := in[3]
	if !IsGzip(in) || in[2] != deflated || flags&reserved != 0 {
		return 0, "not the gzip of RFC 1952"
	}
	n = headerSize
	if flags&extra != 0 {
		if len(in)-n < 2 {
			return 0, cut
		}
		n += 2 + int(in[n]) + int(in[n+1])<<8
	}
	for _, text := range [...]byte{name, comment} {
		if flags&text == 0 {
			continue
		}
		for n < len(in) && in[n] != 0 {
			n++
		}
		n++
	}
	if flags&headerCRC != 0 {
		n += 2
	}
	if n > len(in) {
		return 0, cut
	}
	return n, ""
}

func get32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// Checksum is the CRC-32 of ISO 3309 (RFC 1952, 8).
func Checksum(b []byte) uint32 {
	var table [256]uint32
	for i := range table {
		c := uint32(i)
		for range 8 {
			c = c>>1 ^ -(c&1)&0xedb88320
		}
		table[i] = c
	}
	c := ^uint32(0)
	for _, v := range b {
		c = c>>8 ^ table[byte(c)^v]
	}
	return ^c
}
