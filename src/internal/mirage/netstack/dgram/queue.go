package dgram

// A queue holds datagrams in the order in which they came: their payloads in one ring of octets, the rest in one
// of records, both grown as needed and kept between uses, so that a busy socket allocates nothing.
type queue struct {
	records []Datagram
	first   int // index of the oldest record
	count   int
	data    []byte // a power of two long
	start   int    // index of the oldest octet
	used    int
}

const (
	recordCost  = 256      // octets that a datagram counts for besides its payload; more than its record takes
	firstData   = 2 << 10  // octets
	firstRecord = 8        // records
	keepSize    = 64 << 10 // what an empty queue may still take, in octets
)

// cost is what the queue counts for against its limits, in octets.
func (q *queue) cost() int { return q.used + q.count*recordCost }

// size is what the queue takes, in octets.
func (q *queue) size() int { return len(q.data) + len(q.records)*recordCost }

// grown returns what size would be after a push of n octets.
func (q *queue) grown(n int) int {
	return dataFor(len(q.data), q.used+n) + recordsFor(len(q.records), q.count+1)*recordCost
}

func dataFor(have, want int) int {
	for have < want {
		have = max(2*have, firstData)
	}
	return have
}

func recordsFor(have, want int) int {
	for have < want {
		have = max(2*have, firstRecord)
	}
	return have
}

// push adds a datagram.
func (q *queue) push(d *Datagram, payload []byte) {
	if n := dataFor(len(q.data), q.used+len(payload)); n > len(q.data) {
		bigger := make([]byte, n)
		q.peek(bigger[:q.used])
		q.data, q.start = bigger, 0
	}
	if n := recordsFor(len(q.records), q.count+1); n > len(q.records) {
		bigger := make([]Datagram, n)
		m := copy(bigger, q.records[q.first:])
		copy(bigger[m:], q.records[:q.first])
		q.records, q.first = bigger, 0
	}
	q.records[(q.first+q.count)&(len(q.records)-1)] = *d
	q.count++
	end := (q.start + q.used) & (len(q.data) - 1)
	n := copy(q.data[end:], payload)
	copy(q.data, payload[n:])
	q.used += len(payload)
}

// peek copies the first octets to b and returns how many there were.
func (q *queue) peek(b []byte) int {
	b = b[:min(len(b), q.used)]
	n := copy(b, q.data[q.start:])
	return n + copy(b[n:], q.data)
}

// front returns the oldest datagram's record.
func (q *queue) front() *Datagram { return &q.records[q.first] }

// pop forgets the oldest datagram.
func (q *queue) pop() {
	n := q.front().Size
	q.start, q.used = (q.start+n)&(len(q.data)-1), q.used-n
	q.first, q.count = (q.first+1)&(len(q.records)-1), q.count-1
	if q.count == 0 && q.size() > keepSize {
		*q = queue{}
	}
}
