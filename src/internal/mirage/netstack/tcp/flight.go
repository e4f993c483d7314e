package tcp

// A flight is what has been sent and not been acknowledged, segment by segment in the order of sequence numbers: the
// scoreboard of RFC 6675 section 3, with the times that RFC 8985 section 5 wants.
type flight struct {
	ring  []record // a power of two of them, or none
	first int
	count int

	out, sacked, lost int // octets of the records of each mark
	repeats           int // records that were sent again
	sackedCount       int // records that are sacked
}

// A record is one segment.
type record struct {
	start, end seq
	at         int64 // when it was last sent
	mark       mark
	again      bool // sent more than once
	longer     bool // than what is known to get through
}

// A mark is what is known of a segment's fate.
type mark uint8

const (
	out    mark = iota // in the network
	sacked             // arrived: RFC 2018
	lost               // to be sent again
)

// most bounds the records of a connection: what could be sent beyond waits.
const maxRecords = 1 << 14

func (r *record) length() int { return r.end.since(r.start) }

// get returns the i-th record from the oldest.
func (f *flight) get(i int) *record { return &f.ring[(f.first+i)&(len(f.ring)-1)] }

func (f *flight) push(start, end seq, now int64) { f.pushRun(start, end, end.since(start), now) }

// pushRun is push for segments of size octets each that are sent at once, up to end.
func (f *flight) pushRun(start, end seq, size int, now int64) {
	f.out += end.since(start)
	for start != end {
		f.makeRoom()
		next := start.add(size)
		*f.get(f.count) = record{start: start, end: next, at: now}
		f.count++
		start = next
	}
}

func (f *flight) makeRoom() {
	if f.count == len(f.ring) {
		f.grow()
	}
}

func (f *flight) grow() {
	ring := make([]record, max(2*len(f.ring), 2))
	for i := range f.count {
		ring[i] = *f.get(i)
	}
	f.ring, f.first = ring, 0
}

// octets returns the sum that a record with a mark counts for.
func (f *flight) octets(m mark) *int {
	switch m {
	case sacked:
		return &f.sacked
	case lost:
		return &f.lost
	}
	return &f.out
}

// set changes a record's mark.
func (f *flight) set(r *record, m mark) {
	f.leave(r)
	r.mark = m
	*f.octets(m) += r.length()
	if m == sacked {
		f.sackedCount++
	}
}

func (f *flight) leave(r *record) {
	*f.octets(r.mark) -= r.length()
	if r.mark == sacked {
		f.sackedCount--
	}
}

// resent notes that a record was sent again.
func (f *flight) resent(r *record, now int64) {
	if f.set(r, out); !r.again {
		r.again = true
		f.repeats++
	}
	r.at = now
}

// pop takes the oldest record away.
func (f *flight) pop() record {
	r := f.get(0)
	f.leave(r)
	if r.again {
		f.repeats--
	}
	f.first = (f.first + 1) & (len(f.ring) - 1)
	if f.count--; f.count == 0 && len(f.ring) > 64 {
		f.ring, f.first = nil, 0
	}
	return *r
}

// alike returns how many of the oldest records, up to ack, tell nothing by their arrival that the last of them does not: each was sent
// once, all at one time, and nothing behind top has arrived.
func (f *flight) alike(ack, top seq) (n int) {
	at := f.get(0).at
	for n < f.count {
		r := f.get(n)
		if r.at != at || r.mark != out || r.again || r.longer || r.end.after(ack) || top != 0 && !r.end.after(top) {
			break
		}
		n++
	}
	return n
}

// popAlike takes the n oldest records away, of which alike has said that they are.
func (f *flight) popAlike(n int) {
	if n > 0 {
		f.out -= f.get(n - 1).end.since(f.get(0).start)
		f.first = (f.first + n) & (len(f.ring) - 1)
		f.count -= n
	}
}

// split makes two records of one, the first of n octets.
func (f *flight) split(i, n int) {
	f.makeRoom()
	for k := f.count; k > i; k-- {
		*f.get(k) = *f.get(k - 1)
	}
	f.count++
	a, b := f.get(i), f.get(i+1)
	a.longer, b.longer = false, false
	a.end = a.start.add(n)
	b.start = a.end
	if a.again {
		f.repeats++
	}
	if a.mark == sacked {
		f.sackedCount++
	}
}

// trim makes the oldest record begin at ack.
func (f *flight) trim(ack seq) {
	r := f.get(0)
	*f.octets(r.mark) -= ack.since(r.start)
	r.start = ack
}

// firstLost returns the place of the oldest record to be sent again, -1 if there is none.
func (f *flight) firstLost() int {
	if f.lost == 0 {
		return -1
	}
	for i := range f.count {
		if f.get(i).mark == lost {
			return i
		}
	}
	return -1
}

// loseAll marks everything that has not arrived as lost: RFC 6675 section 5.1. If the oldest octets have been sacked, the
// receiver has thrown them away (RFC 2018 section 8), and nothing that it said counts any more: that is reported.
func (f *flight) loseAll() (reneged bool) {
	reneged = f.count > 0 && f.get(0).mark == sacked
	for i := range f.count {
		if r := f.get(i); r.mark == out || r.mark == sacked && reneged {
			f.set(r, lost)
		}
	}
	return reneged
}

// findAgain takes back that segments are lost: they are late, no more.
func (f *flight) findAgain() {
	for i := range f.count {
		if r := f.get(i); r.mark == lost {
			f.set(r, out)
		}
	}
}

func (f *flight) clear() { *f = flight{} }
