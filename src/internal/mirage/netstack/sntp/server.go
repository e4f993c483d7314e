package sntp

import "internal/mirage/netstack/wire"

// A server is what is known of one.
type server struct {
	addr     wire.AddrPort
	due      int64 // when it is asked next
	interval int64 // until the time after that
	least    int64 // the shortest interval that it wants
	asked    int   // questions since the last answer
	refused  bool  // it wants to be asked no more

	number uint64 // of the question that is not answered; 0: none
	sent   int64  // when that was

	samples [8]sample // the last ones, in a ring: RFC 5905 section 10
	count   int       // how many there ever were
	steady  int       // adjustments in a row that were small
}

// A sample is one answer. The monotonic clock is what it is measured by, so that it stays right when the wall clock is set.
type sample struct {
	at       int64 // monotonic time
	base     int64 // what the wall clock is before the monotonic one
	distance int64 // how wrong that can be: RFC 5905 section 11.1, the root distance
}

// ask makes a question: a number that nobody else can know (RFC 5905 section 8 has the time there; RFC 4330 section 5 needs only that
// it comes back).
func (s *server) ask(now int64, random uint64) []byte {
	s.number, s.sent = max(random, 1), now
	s.asked++
	switch {
	case s.count == 0 && s.asked == burst:
		s.interval = firstInterval
	case s.asked > burst: // RFC 4330 section 10, 6: ever more seldom
		s.interval = min(2*s.interval, maxPoll)
	}
	s.due = now + max(s.interval, s.leastNow())
	m := make(wire.NTP, wire.NTPLen)
	m.PutRequest(s.number)
	return m
}

// leastNow is the shortest interval: the first questions may come faster than what is asked for ever.
func (s *server) leastNow() int64 {
	if s.count == 0 && s.least == minPoll {
		return burstInterval
	}
	return s.least
}

// Bounds of what is believed.
const (
	maxStratum  = 15                         // RFC 5905 figure 11: 16 is unsynchronized
	maxDistance = 3 * second / 2             // appendix A.5.5.2, MAXDIST
	earliest    = 1577836800 * second        // 2020: before this was written
	latest      = int64(4102444800) * second // 2100
)

// take takes an answer that came at a time. It is false if there is nothing in it to set a clock by.
func (s *server) take(came int64, m wire.NTP) bool {
	// RFC 5905 section 8, tests 1 to 3: it is an answer to the last question, and the only one.
	if s.number == 0 || m.Origin() != s.number || m.Mode() != wire.NTPServer || came < s.sent {
		return false
	}
	s.number = 0
	if m.Stratum() == 0 {
		s.kissed(came, m.Reference())
		return false
	}
	trip := came - s.sent
	received, sent := m.Receive(), m.Transmit()
	// Tests 6 and 7, and RFC 4330 section 5: it knows the time itself, and says so.
	if v := m.Version(); v < 3 || v > 4 || m.Leap() == wire.NTPUnsynchronized || m.Stratum() > maxStratum || received == 0 || sent == 0 || trip > answerTime {
		return false
	}
	t2, t3 := received.Unix(), sent.Unix()
	delay := trip - (t3 - t2)
	k := sample{at: came, base: (t2-s.sent)/2 + (t3-came)/2, distance: max(delay, 0)/2 + m.RootDelay()/2 + m.RootDispersion() + precision}
	if t2 < earliest || t3 >= latest || t3 < t2 || delay < -precision || k.distance > maxDistance {
		return false
	}
	s.samples[s.count%len(s.samples)] = k
	s.count++
	if s.asked, s.interval = 0, max(s.interval, minPoll); s.count == 1 {
		s.interval = minPoll
	}
	s.due = came + max(s.interval, s.least)
	return true
}

// precision is how exact clocks are read at most.
const precision = 1e6

// kissed takes a kiss-o'-death: RFC 5905 section 7.4.
func (s *server) kissed(now int64, code [4]byte) {
	switch string(code[:]) {
	case "DENY", "RSTR":
		s.refused = true
	case "RATE": // RFC 8633 section 5.2: for good
		s.least = min(2*max(s.interval, s.least), 1<<5*maxPoll)
		s.interval = s.least
		s.due = now + s.least
	}
}

// adapt asks more seldom while the clock stays right, and more often when it does not: RFC 5905 section 13.
func (s *server) adapt(a Adjustment) {
	const small, enough = 5e6, 4
	switch off := abs(a.Offset); {
	case a.Step || off > 10*small:
		s.steady, s.interval = 0, minPoll
	case off > small:
		s.steady = 0
	default:
		if s.steady++; s.steady == enough && s.count > 0 {
			s.steady, s.interval = 0, min(2*s.interval, maxPoll)
		}
	}
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
