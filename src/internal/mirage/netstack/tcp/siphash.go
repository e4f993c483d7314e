package tcp

import (
	"internal/byteorder"
	"math/bits"
)

// A secret is a key of SipHash-2-4 (Aumasson and Bernstein, 2012): a function of a few words that nobody outside can
// guess.
type secret struct{ k0, k1 uint64 }

func newSecret(random func([]byte)) secret {
	var b [16]byte
	random(b[:])
	return secret{byteorder.LEUint64(b[:8]), byteorder.LEUint64(b[8:])}
}

type sipState struct{ v0, v1, v2, v3 uint64 }

func (s *sipState) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

func (s *sipState) word(m uint64) {
	s.v3 ^= m
	s.round()
	s.round()
	s.v0 ^= m
}

// hash is SipHash-2-4 of whole words. The last of them is the algorithm's, with the length in its highest octet.
func (k secret) hash(words ...uint64) uint64 {
	s := sipState{k.k0 ^ 0x736f6d6570736575, k.k1 ^ 0x646f72616e646f6d, k.k0 ^ 0x6c7967656e657261, k.k1 ^ 0x7465646279746573}
	for _, m := range words {
		s.word(m)
	}
	s.word(uint64(8*len(words)) << 56)
	s.v2 ^= 0xff
	for range 4 {
		s.round()
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}
