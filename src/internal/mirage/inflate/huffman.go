package inflate

import "math/bits"

// A code is a Huffman code, canonical as in RFC 1951, 3.2.2.
type code struct {
	fast    [1 << fastBits]uint16 // by the next bits: symbol<<4 | length; 0 if the code word is longer, or is none
	count   [maxLength + 1]uint16 // of code words, by length
	symbols [maxSymbols]uint16    // by code word
}

const (
	fastBits   = 9
	maxLength  = 15
	maxSymbols = 288
)

// init makes the code in which symbol i has a word of lengths[i] bits, none if that is 0. It reports whether there is such
// a code: it must use all words, but for one that has a single word of one bit, or none (3.2.7).
func (c *code) init(lengths []byte) bool {
	*c = code{}
	for _, n := range lengths {
		c.count[n]++
	}
	unused := len(lengths) - int(c.count[0])
	c.count[0] = 0
	left := 1
	var at, word [maxLength + 2]uint16
	for n := 1; n <= maxLength; n++ {
		left = left<<1 - int(c.count[n])
		if left < 0 {
			return false
		}
		at[n+1] = at[n] + c.count[n]
		word[n+1] = (word[n] + c.count[n]) << 1
	}
	if left > 0 && (unused > 1 || unused == 1 && c.count[1] != 1) {
		return false
	}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		c.symbols[at[n]] = uint16(symbol)
		at[n]++
		if n <= fastBits {
			// Words come with their first bit lowest (3.1.1).
			for i := int(bits.Reverse16(word[n]) >> (16 - n)); i < len(c.fast); i += 1 << n {
				c.fast[i] = uint16(symbol)<<4 | uint16(n)
			}
		}
		word[n]++
	}
	return true
}

// symbol reads a symbol, -1 if the bits are no code word or end within it.
func (r *reader) symbol(c *code) int {
	r.fill()
	if f := c.fast[r.bits&(1<<fastBits-1)]; f != 0 {
		if !r.drop(uint(f & 15)) {
			return -1
		}
		return int(f >> 4)
	}
	word, first, index := 0, 0, 0
	for n := 1; n <= maxLength; n++ {
		word |= int(r.bits >> (n - 1) & 1)
		count := int(c.count[n])
		if word-first < count {
			if !r.drop(uint(n)) {
				return -1
			}
			return int(c.symbols[index+word-first])
		}
		index += count
		first = (first + count) << 1
		word <<= 1
	}
	return -1
}
