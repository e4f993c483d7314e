package tcp

import (
	"internal/mirage/netstack/wire"
)

// timestamps is RFC 7323's option.
type timestamps struct {
	on       bool
	offset   uint32 // of our clock: section 7.1, so that it tells nobody for how long we run
	recent   uint32 // TS.Recent
	recentAt int64
}

// outdated is how old TS.Recent may be and still be believed: section 5.5, 24 days.
const outdated = 24 * 24 * 3600 * 1e9

// value is our clock, in milliseconds (section 5.4).
func (t *timestamps) value(now int64) uint32 { return uint32(now/1e6) + t.offset }

// current is PAWS: section 5.3, R1, and section 3.2 for a segment without the option. It answers what it refuses.
func (c *conn) current(now int64, s *segment) bool {
	t := &c.times
	if !t.on || s.has(wire.RST) { // section 5.2: a RST is not subject to it
		return true
	}
	if !s.options.HasTime {
		return s.has(wire.SYN) // section 3.2: dropped silently; a SYN gets its challenge
	}
	if int32(s.options.TimeVal-t.recent) < 0 && now-t.recentAt < outdated {
		c.count.PAWSEstab.Add(1)
		if s.length() > 0 {
			c.ackNow = true
		} else { // two hosts are not to answer each other's answers
			c.challenge(now)
		}
		return false
	}
	return true
}

// update keeps what is to be echoed: section 4.3, step 2.
func (t *timestamps) update(now int64, s *segment, lastAck seq) {
	if t.on && s.options.HasTime && !s.seq.after(lastAck) && int32(s.options.TimeVal-t.recent) >= 0 {
		t.recent, t.recentAt = s.options.TimeVal, now
	}
}

// put adds the option to a segment: section 3.2.
func (c *conn) putTime(now int64, o *wire.TCPOptions) {
	if c.times.on {
		o.HasTime, o.TimeVal, o.TimeEcho = true, c.times.value(now), c.times.recent
	}
}
