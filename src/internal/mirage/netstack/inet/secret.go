package inet

import (
	"internal/byteorder"
	"math/bits"
)

// A Secret is a key of SipHash-2-4 (Aumasson and Bernstein, 2012): a function of a few words that nobody outside can
// guess.
type Secret [2]uint64

// NewSecret draws a key.
func NewSecret(random func([]byte)) Secret {
	var b [16]byte
	random(b[:])
	return Secret{byteorder.LEUint64(b[:8]), byteorder.LEUint64(b[8:])}
}

// SecretFrom makes a key of a text, always the same.
func SecretFrom(text string) (k Secret) {
	for i := range k {
		words := make([]uint64, len(text)/8+2)
		for j := range len(text) {
			words[j/8] |= uint64(text[j]) << (j % 8 * 8)
		}
		words[len(words)-1] = uint64(len(text))<<8 | uint64(i)
		k[i] = Secret{}.Hash(words...)
	}
	return k
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

// Hash is SipHash-2-4 of whole words. The last of them is the algorithm's, with the length in its highest octet.
func (k Secret) Hash(words ...uint64) uint64 {
	s := sipState{k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d, k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573}
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
