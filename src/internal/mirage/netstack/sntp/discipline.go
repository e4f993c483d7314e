package sntp

// An Adjustment is what is to be done to the wall clock.
type Adjustment struct {
	Step   bool  // at once; else bit by bit
	Offset int64 // nanoseconds to be added
	Over   int64 // how long that is to take, nanoseconds
	Rate   int64 // by how much the wall clock is to go faster than the monotonic one for good, parts of 10^9
}

// Bounds of RFC 5905 section 11.3.
const (
	stepThreshold = 128e6        // STEPT: what is more is not waited for
	stepOut       = 300 * second // WATCH: a clock that was right is not set at once
	maxSlew       = 500e3        // MAXFREQ, parts of 10^9
	leastSlewing  = 30 * second  // a smaller offset is not made good faster than it matters
)

// A discipline decides how the clock follows the servers: RFC 5905 section 11.3, of whose loops the one that locks the frequency,
// which suits polls of minutes.
type discipline struct {
	set   bool  // it has been right
	spike int64 // since when it seems to be far off; 0: it does not

	rate         int64 // parts of 10^9
	known        bool  // rate is measured
	anchor, base int64 // of an early reading, to measure the rate by
}

// update follows a reading. wall is what the clock shows.
func (d *discipline) update(now, wall int64, r reading) (a Adjustment, ok bool) {
	d.measure(r)
	offset := r.base + now + (now-r.at)/1e9*d.rate - wall
	if abs(offset) > stepThreshold {
		if d.set && d.spike == 0 {
			d.spike = now
		}
		if d.set && now-d.spike < stepOut {
			return a, false
		}
		d.set, d.spike = true, 0
		return Adjustment{Step: true, Offset: offset, Over: 1, Rate: d.rate}, true
	}
	d.set, d.spike = true, 0
	return Adjustment{Offset: offset, Over: max(abs(offset)*(1e9/maxSlew), leastSlewing), Rate: d.rate}, true
}

// How long the frequency is measured before it is believed, and at most.
const (
	leastMeasure = 900 * second
	mostMeasure  = 86400 * second
)

// measure compares the monotonic clock's frequency with the servers'. Samples do not depend on the wall clock, so that nothing that is
// done to that disturbs it.
func (d *discipline) measure(r reading) {
	span := r.at - d.anchor
	if d.anchor == 0 || span > mostMeasure {
		d.anchor, d.base = r.at, r.base
		return
	}
	if span < leastMeasure {
		return
	}
	rate := (r.base - d.base) / (span / 1e9) // nanoseconds in a second
	if abs(rate) > maxSlew {
		d.anchor, d.base = r.at, r.base // no clock is so bad: the server was set
		return
	}
	if !d.known {
		d.rate, d.known = rate, true
		return
	}
	d.rate += (rate - d.rate) / 4
}
