package tcp

// A seq is a sequence number: RFC 9293 section 3.4. Numbers are compared modulo 2**32, which is right as long as they lie
// less than 2**31 apart.
type seq uint32

func (a seq) before(b seq) bool { return int32(a-b) < 0 }
func (a seq) after(b seq) bool  { return int32(a-b) > 0 }
func (a seq) add(n int) seq     { return a + seq(uint32(n)) }

// since returns how many octets a lies behind b, negative if before it.
func (a seq) since(b seq) int { return int(int32(a - b)) }

func earlier(a, b seq) seq {
	if a.before(b) {
		return a
	}
	return b
}

func later(a, b seq) seq {
	if a.before(b) {
		return b
	}
	return a
}
