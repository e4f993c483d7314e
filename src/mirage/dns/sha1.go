package dns

import "math/bits"

// sha1 returns the SHA-1 digest of msg (FIPS 180-4 section 6.1), which is what NSEC3 hashes are made of. It is
// here because crypto/sha1 would bring the whole of Go's FIPS module, with 32 MiB of memory, into a DNS server.
func sha1(msg []byte) [20]byte {
	h := [5]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}
	length := uint64(len(msg)) * 8
	for len(msg) >= 64 {
		sha1Block(&h, msg)
		msg = msg[64:]
	}
	// Section 5.1.1: a one bit, zeros, and the length in bits in the last eight bytes of a block.
	var last [128]byte
	n := copy(last[:], msg)
	last[n] = 0x80
	end := 64
	if n+9 > 64 {
		end = 128
	}
	for i := range 8 {
		last[end-1-i] = byte(length >> (8 * i))
	}
	for i := 0; i < end; i += 64 {
		sha1Block(&h, last[i:])
	}
	var sum [20]byte
	b := sum[:0]
	for _, w := range h {
		b = appendBE32(b, w)
	}
	return sum
}

// sha1Block takes in the first 64 bytes of b (section 6.1.2).
func sha1Block(h *[5]uint32, b []byte) {
	var w [80]uint32
	for t := range 16 {
		w[t] = be32(b[4*t:])
	}
	for t := 16; t < 80; t++ {
		w[t] = bits.RotateLeft32(w[t-3]^w[t-8]^w[t-14]^w[t-16], 1)
	}
	a, bb, c, d, e := h[0], h[1], h[2], h[3], h[4]
	for t := range 80 {
		var f, k uint32
		switch {
		case t < 20:
			f, k = bb&c|^bb&d, 0x5a827999
		case t < 40:
			f, k = bb^c^d, 0x6ed9eba1
		case t < 60:
			f, k = bb&c|bb&d|c&d, 0x8f1bbcdc
		default:
			f, k = bb^c^d, 0xca62c1d6
		}
		a, bb, c, d, e = bits.RotateLeft32(a, 5)+f+e+k+w[t], a, bits.RotateLeft32(bb, 30), c, d
	}
	h[0] += a
	h[1] += bb
	h[2] += c
	h[3] += d
	h[4] += e
}
