package mcast

import "internal/mirage/netstack/wire"

// Times and counts of RFC 3810 section 9, RFC 3376 section 8.
const (
	second            = int64(1e9)
	defaultRobustness = 2
	unsolicited       = 1 * second   // 9.11, Unsolicited Report Interval
	olderQuerier      = 260 * second // 9.12, with the default of 125 s for the Query Interval
	maxRecords        = 60           // of a report, so that it fits the least MTU
)

// A Report is one message to be sent: records of the current version, or what the version before has to say of one group.
type Report struct {
	Records []wire.GroupRecord
	Group   wire.Addr
	Leave   bool // the group is left
}

// A Query is what a router asks.
type Query struct {
	Old        bool      // in the version before
	MaxDelay   int64     // nanoseconds within which to answer
	Group      wire.Addr // unspecified for all
	Robustness uint8     // 0: it does not say
}

type group struct {
	addr     wire.Addr
	leaving  bool
	changes  int   // reports of the last change that are still to be sent
	changeAt int64 // when the next of them is
	answerAt int64 // when a query is to be answered; 0: none is
}

// A Member is what one interface has joined. The caller serialises.
type Member struct {
	random     func() uint64
	robustness int
	groups     []group
	allAt      int64 // when a general query is to be answered; 0: none is
	oldUntil   int64 // a router that speaks only the version before has been heard
}

// NewMember makes a Member that has joined nothing.
func NewMember(random func() uint64) *Member {
	return &Member{random: random, robustness: defaultRobustness}
}

// silent reports whether a group is never reported: RFC 3376 section 6, all hosts; RFC 3810 section 6, all nodes and those of
// less than link scope.
func silent(a wire.Addr) bool {
	if a.Is4() {
		return a == wire.AllHosts4
	}
	hi, _ := a.Words()
	return a == wire.AllNodes6 || hi>>48&0xf < 2
}

// Join begins to listen to a group, and Leave ends it: RFC 3810 section 6.1.
func (m *Member) Join(now int64, a wire.Addr) { m.change(now, a, false) }

func (m *Member) Leave(now int64, a wire.Addr) { m.change(now, a, true) }

func (m *Member) change(now int64, a wire.Addr, leaving bool) {
	if silent(a) {
		return
	}
	g := m.find(a)
	if g == nil {
		m.groups = append(m.groups, group{addr: a})
		g = &m.groups[len(m.groups)-1]
	}
	g.leaving, g.changes, g.changeAt = leaving, m.robustness, now
}

func (m *Member) find(a wire.Addr) *group {
	for k := range m.groups {
		if m.groups[k].addr == a {
			return &m.groups[k]
		}
	}
	return nil
}

// Query takes a router's question: RFC 3810 section 6.2. A question about sources of a group is answered as one about all of
// it: every one is wanted.
func (m *Member) Query(now int64, q *Query) {
	if q.Old {
		m.oldUntil = now + olderQuerier // RFC 3810 section 8.2.1, RFC 3376 section 7.2.1
	}
	if q.Robustness != 0 {
		m.robustness = int(q.Robustness)
	}
	at := now + 1
	if q.MaxDelay > 0 {
		at += int64(m.random() % uint64(q.MaxDelay))
	}
	sooner := func(due *int64) {
		if *due == 0 || at < *due {
			*due = at
		}
	}
	if q.Group.IsUnspecified() {
		sooner(&m.allAt)
	} else if g := m.find(q.Group); g != nil && !g.leaving {
		sooner(&g.answerAt)
	}
}

// Next returns when Poll is due, 0 if never.
func (m *Member) Next() int64 {
	first := m.allAt
	earlier := func(at int64) {
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	for k := range m.groups {
		if earlier(m.groups[k].answerAt); m.groups[k].changes > 0 {
			earlier(m.groups[k].changeAt)
		}
	}
	return first
}

// Poll returns what is to be reported at now.
func (m *Member) Poll(now int64) (reports []Report) {
	all := m.allAt != 0 && m.allAt <= now
	if all {
		m.allAt = 0
	}
	old := now < m.oldUntil
	var records []wire.GroupRecord
	kept := m.groups[:0]
	for _, g := range m.groups {
		record := wire.GroupRecord{Group: g.addr}
		if g.answerAt != 0 && g.answerAt <= now || all && !g.leaving {
			g.answerAt, record.Type = 0, wire.GroupIsExclude
		}
		if g.changes > 0 && g.changeAt <= now {
			if record.Type = wire.GroupToExclude; g.leaving {
				record.Type = wire.GroupToInclude
			}
			g.changes--
			g.changeAt = now + 1 + int64(m.random()%uint64(unsolicited))
		}
		if record.Type != 0 && old {
			reports = append(reports, Report{Group: g.addr, Leave: record.Type == wire.GroupToInclude})
		} else if record.Type != 0 {
			records = append(records, record)
		}
		if !g.leaving || g.changes > 0 {
			kept = append(kept, g)
		}
	}
	m.groups = kept
	for len(records) > 0 {
		n := min(len(records), maxRecords)
		reports = append(reports, Report{Records: records[:n]})
		records = records[n:]
	}
	return reports
}
