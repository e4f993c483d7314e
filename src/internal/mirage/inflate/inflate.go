package inflate

// reader reads bits from a deflate stream, the lowest of a byte first (RFC 1951, 3.1.1).
type reader struct {
	in    []byte
	at    int    // in in
	bits  uint64 // taken from in and not used yet
	nbits uint
	out   []byte
	limit int // of out
}

// fill makes as many bits there as there are, at least 48 but at the end.
func (r *reader) fill() {
	for r.nbits <= 56 && r.at < len(r.in) {
		r.bits |= uint64(r.in[r.at]) << r.nbits
		r.at++
		r.nbits += 8
	}
}

// drop uses n bits, and reports whether they were there.
func (r *reader) drop(n uint) bool {
	if n > r.nbits {
		return false
	}
	r.bits >>= n
	r.nbits -= n
	return true
}

// take reads n bits as a number, -1 if they are not there; n is at most 16.
func (r *reader) take(n uint) int {
	r.fill()
	v := int(r.bits & (1<<n - 1))
	if !r.drop(n) {
		return -1
	}
	return v
}

const (
	broken    = "the data are damaged"
	cut       = "the data end too early"
	unbounded = "the data are too large for this memory"
)

// inflate reads a deflate stream, and returns what is wrong with it, if anything (RFC 1951, 3.2.3).
func (r *reader) inflate() string {
	var literals, distances code
	for {
		final := r.take(1)
		var what string
		switch r.take(2) {
		case 0:
			what = r.stored()
		case 1:
			fixed(&literals, &distances)
			what = r.compressed(&literals, &distances)
		case 2:
			if what = r.codes(&literals, &distances); what == "" {
				what = r.compressed(&literals, &distances)
			}
		case 3:
			what = broken
		default:
			what = cut
		}
		if what != "" || final == 1 {
			return what
		}
	}
}

// stored reads a block that is not compressed (3.2.4).
func (r *reader) stored() string {
	r.drop(r.nbits % 8)
	n, complement := r.take(16), r.take(16)
	r.at -= int(r.nbits / 8) // the bits that are left are whole bytes: give them back
	r.bits, r.nbits = 0, 0
	switch {
	case n < 0 || complement < 0 || n > len(r.in)-r.at:
		return cut
	case n != complement^0xffff:
		return broken
	case n > r.limit-len(r.out):
		return unbounded
	}
	r.out = append(r.out, r.in[r.at:r.at+n]...)
	r.at += n
	return ""
}

// fixed makes the codes of 3.2.6.
func fixed(literals, distances *code) {
	var lengths [maxSymbols]byte
	for i := range lengths {
		switch {
		case i < 144, i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	literals.init(lengths[:])
	clear(lengths[:])
	for i := range 32 {
		lengths[i] = 5
	}
	distances.init(lengths[:32])
}

// codes reads the codes of a block (3.2.7).
func (r *reader) codes(literals, distances *code) string {
	order := [...]byte{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	nlit, ndist, nlen := r.take(5)+257, r.take(5)+1, r.take(4)+4
	if nlen < 4 {
		return cut
	}
	if nlit > 286 || ndist > 30 {
		return broken
	}
	var lengths [286 + 30]byte
	for _, i := range order[:nlen] {
		n := r.take(3)
		if n < 0 {
			return cut
		}
		lengths[i] = byte(n)
	}
	if !literals.init(lengths[:19]) {
		return broken
	}
	clear(lengths[:19])
	for i := 0; i < nlit+ndist; {
		value, times := r.run(literals)
		switch {
		case value == previous && i > 0:
			value = int(lengths[i-1])
		case value < 0:
			return broken
		}
		if times > nlit+ndist-i {
			return broken
		}
		for ; times > 0; times-- {
			lengths[i] = byte(value)
			i++
		}
	}
	if lengths[256] == 0 || !literals.init(lengths[:nlit]) || !distances.init(lengths[nlit:nlit+ndist]) {
		return broken
	}
	return ""
}

// previous stands for the length before.
const previous = -2

// run reads a length and how often it stands there.
func (r *reader) run(c *code) (value, times int) {
	symbol, extra := r.symbol(c), 0
	switch symbol {
	case 16:
		value, times, extra = previous, 3, r.take(2)
	case 17:
		times, extra = 3, r.take(3)
	case 18:
		times, extra = 11, r.take(7)
	default:
		return symbol, 1
	}
	if extra < 0 {
		return -1, 0
	}
	return value, times + extra
}

// Lengths and distances: 3.2.5.
var (
	lengthBase   = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra  = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
		4097, 6145, 8193, 12289, 16385, 24577}
)

// compressed reads the contents of a block.
func (r *reader) compressed(literals, distances *code) string {
	for {
		symbol := r.symbol(literals)
		switch {
		case symbol < 0:
			return broken
		case symbol == 256:
			return ""
		case len(r.out) == r.limit:
			return unbounded
		case symbol < 256:
			r.out = append(r.out, byte(symbol))
			continue
		case symbol-257 >= len(lengthBase):
			return broken
		}
		extra := r.take(uint(lengthExtra[symbol-257]))
		n := int(lengthBase[symbol-257]) + extra
		symbol = r.symbol(distances)
		if extra < 0 || symbol < 0 || symbol >= len(distanceBase) {
			return broken
		}
		extra = r.take(uint(max(symbol/2-1, 0)))
		distance := int(distanceBase[symbol]) + extra
		switch {
		case extra < 0:
			return cut
		case distance > len(r.out):
			return broken
		case n > r.limit-len(r.out):
			return unbounded
		}
		for n > 0 { // what is copied may be what was just written
			part := r.out[len(r.out)-distance:]
			part = part[:min(n, len(part))]
			r.out = append(r.out, part...)
			n -= len(part)
		}
	}
}
