package tcp

// A buffer holds part of a stream, by the distance from its beginning. It may have holes: its owner knows what is there.
// Octets are copied once when they come in and once when they go out; the chunks between go from buffer to buffer.
type buffer struct {
	ring    []*chunk // a power of two of them, or none; nil where nothing is
	first   int      // where in ring the chunk of the beginning is
	skip    int      // where in that chunk the beginning is
	held    int32    // chunks
	reached int32    // chunks from first on among which is all that was written
}

// spareChunks are how many chunks stay in the ring when what they held is forgotten, until the stream comes round to them: a stream that
// goes on need not give them back and ask for others.
const spareChunks = 16

// slot returns where the n-th chunk stands, for which the ring is large enough.
func (b *buffer) slot(n int) *(*chunk) { return &b.ring[(b.first+n)&(len(b.ring)-1)] }

func (b *buffer) grow(n int) {
	size := max(len(b.ring), 4)
	for size < n {
		size *= 2
	}
	ring := make([]*chunk, size)
	for i := range b.ring {
		ring[i] = b.ring[(b.first+i)&(len(b.ring)-1)]
	}
	b.ring, b.first = ring, 0
}

// write copies p to an offset and returns how much of it there was memory for.
func (b *buffer) write(m *memory, at int, p []byte) (n int) {
	at += b.skip
	for n < len(p) {
		i := (at + n) / chunkSize
		if i >= len(b.ring) {
			b.grow(i + 1)
		}
		c := b.slot(i)
		if *c == nil {
			if *c = m.get(b.held == 0); *c == nil {
				return n
			}
			b.held++
		}
		b.reached = max(b.reached, int32(i+1))
		n += copyFrom((*c)[(at+n)%chunkSize:], p[n:])
	}
	return n
}

// read copies what is at an offset to p. All of it must be there.
func (b *buffer) read(p []byte, at int) {
	at += b.skip
	for n := 0; n < len(p); {
		c := *b.slot((at + n) / chunkSize)
		n += copyFrom(p[n:], c[(at+n)%chunkSize:])
	}
}

// copyStep is how much copyFrom gives to copy at once. For more, where the two are not aligned to each other, amd64's memmove
// has an instruction that emulators do octet by octet.
const copyStep = 2048

func copyFrom(to, from []byte) (n int) {
	from = from[:min(len(from), len(to))]
	for len(from)-n > copyStep {
		n += copy(to[n:], from[n:n+copyStep])
	}
	return n + copy(to[n:], from[n:])
}

// drop forgets the first n octets: the beginning is n further on.
func (b *buffer) drop(m *memory, n int) {
	for n += b.skip; n >= chunkSize; n -= chunkSize {
		if len(b.ring) == 0 {
			continue
		}
		b.reached = max(b.reached-1, 0)
		if b.held-b.reached > spareChunks || m.scarce() {
			b.free(m, b.first)
		}
		b.first = (b.first + 1) & (len(b.ring) - 1)
	}
	b.skip = n
}

// cut forgets the chunks that hold nothing before an offset.
func (b *buffer) cut(m *memory, at int) {
	n := (b.skip + at + chunkSize - 1) / chunkSize
	b.reached = min(b.reached, int32(n))
	for ; n < len(b.ring); n++ {
		b.free(m, (b.first+n)&(len(b.ring)-1))
	}
}

// clear forgets everything.
func (b *buffer) clear(m *memory) {
	for n := 0; b.held > 0; n++ {
		b.free(m, (b.first+n)&(len(b.ring)-1))
	}
	b.skip, b.reached = 0, 0
	if len(b.ring) > 16 {
		b.ring, b.first = nil, 0
	}
}

func (b *buffer) free(m *memory, i int) {
	if c := b.ring[i]; c != nil {
		b.ring[i] = nil
		b.held--
		m.put(c)
	}
}
