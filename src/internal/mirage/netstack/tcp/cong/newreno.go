package cong

// NewReno is RFC 5681's algorithm, with RFC 6582's recovery, which package tcp does.
type NewReno struct {
	window
	acked int // octets since the window last grew
}

// NewNewReno returns the algorithm at its beginning, with segments of mss octets.
func NewNewReno(mss int) *NewReno { return &NewReno{window: newWindow(mss)} }

// Acked grows the window: RFC 5681 section 3.1.
func (r *NewReno) Acked(now int64, n int, rtt int64) {
	r.acked += r.slowStart(n)
	if r.acked >= r.size && r.size >= r.threshold { // one segment a round trip: formula (2)
		r.acked -= r.size
		r.size = min(r.size+r.mss, largest)
	}
}

// Lost halves: RFC 5681 section 3.1, formula (4).
func (r *NewReno) Lost(flight int) {
	r.reduce(flight / 2)
	r.acked = 0
}

// TimedOut goes back to slow start: RFC 5681 section 3.1.
func (r *NewReno) TimedOut(flight int) {
	r.Lost(flight)
	r.timedOut()
}
