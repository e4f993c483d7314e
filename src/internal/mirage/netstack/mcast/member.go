package mcast

import "internal/mirage/netstack/wire"

// Times and counts of RFC 3810 section 9, RFC 3376 section 8.
const (
	second            = int64(1e9)
	defaultRobustness = 2
	unsolicited       = 1 * second   // 9.11, Unsolicited Report Interval
	olderQuerier      = 260 * second // 9.12, with the default of 125 s for the Query Interval
	maxReport         = 1100         // octets of records in a report, so that it fits the least MTU of IPv6
)

// MaxSources is how many sources a group's filter may list, so that they fit one record.
const MaxSources = 64

// A Report is one message to be sent: records of the current version, or what the version before has to say of one group.
type Report struct {
	Records []wire.GroupRecord
	Group   wire.Addr
	Leave   bool // the group is left
}

// A Query is what a router asks.
type Query struct {
	Old        bool        // in the version before
	MaxDelay   int64       // nanoseconds within which to answer
	Group      wire.Addr   // unspecified for all
	Sources    []wire.Addr // none for all
	Robustness uint8       // 0: it does not say
}

type group struct {
	addr     wire.Addr
	filter   wire.SourceFilter
	changes  int               // reports of the last change of mode that are still to be sent
	changed  []source          // after them, those of sources
	changeAt int64             // when the next of them is
	answerAt int64             // when a query is to be answered; 0: none is
	asked    wire.SourceFilter // the sources that it is about; none for all of the group
}

// A source is one whose change is still to be reported a number of times.
type source struct {
	addr  wire.Addr
	times int
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

// Set makes f what is wanted of a group: RFC 3810 section 6.1, RFC 3376 section 5.1.
func (m *Member) Set(now int64, a wire.Addr, f wire.SourceFilter) {
	if silent(a) {
		return
	}
	g := m.find(a)
	if g == nil {
		m.groups = append(m.groups, group{addr: a})
		g = &m.groups[len(m.groups)-1]
	}
	old := g.filter
	if g.filter = f; old.Exclude != f.Exclude {
		g.changes, g.changed = m.robustness, nil // of the sources the change of mode says all
	} else {
		for _, s := range old.Sources {
			if !f.Has(s) {
				g.change(s, m.robustness)
			}
		}
		for _, s := range f.Sources {
			if !old.Has(s) {
				g.change(s, m.robustness)
			}
		}
	}
	g.changeAt = now
}

// change notes that a source is to be reported a number of times.
func (g *group) change(s wire.Addr, times int) {
	for k := range g.changed {
		if g.changed[k].addr == s {
			g.changed[k].times = times
			return
		}
	}
	g.changed = append(g.changed, source{s, times})
}

func (m *Member) find(a wire.Addr) *group {
	for k := range m.groups {
		if m.groups[k].addr == a {
			return &m.groups[k]
		}
	}
	return nil
}

// Query takes a router's question: RFC 3810 section 6.2, RFC 3376 section 5.2.
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
	} else if g := m.find(q.Group); g != nil && !g.filter.IsZero() {
		g.ask(q.Sources)
		sooner(&g.answerAt)
	}
}

// ask notes which sources are asked about; none stands for all of the group.
func (g *group) ask(sources []wire.Addr) {
	switch {
	case g.answerAt == 0:
		g.asked.Sources = append([]wire.Addr(nil), sources...)
		return
	case len(g.asked.Sources) == 0: // all is asked about already
		return
	case len(sources) == 0 || len(g.asked.Sources)+len(sources) > MaxSources:
		g.asked.Sources = nil
		return
	}
	for _, s := range sources {
		if !g.asked.Has(s) {
			g.asked = g.asked.With(s)
		}
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
		if earlier(m.groups[k].answerAt); m.groups[k].changing() {
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
		due := g.poll(now, all, func() int64 { return now + 1 + int64(m.random()%uint64(unsolicited)) })
		if len(due) > 0 && old {
			reports = append(reports, Report{Group: g.addr, Leave: g.filter.IsZero()})
		} else {
			records = append(records, due...)
		}
		if !g.filter.IsZero() || g.changing() {
			kept = append(kept, g)
		}
	}
	m.groups = kept
	return append(reports, pack(records)...)
}

// pack makes reports of records, none longer than fits the least MTU.
func pack(records []wire.GroupRecord) (reports []Report) {
	first, size := 0, 0
	for k := range records {
		n := records[k].MLDLen()
		if records[k].Group.Is4() {
			n = records[k].IGMPLen()
		}
		if size += n; size > maxReport && k > first {
			reports = append(reports, Report{Records: records[first:k]})
			first, size = k, n
		}
	}
	if first < len(records) {
		reports = append(reports, Report{Records: records[first:]})
	}
	return reports
}

// changing reports whether there is a change that is still to be reported.
func (g *group) changing() bool { return g.changes > 0 || len(g.changed) > 0 }

// poll returns what is to be reported of the group; all: a question about all groups is due.
func (g *group) poll(now int64, all bool, next func() int64) (due []wire.GroupRecord) {
	if g.changing() && g.changeAt <= now {
		due = g.report()
		g.changeAt = next()
	}
	if asked := g.answerAt != 0 && g.answerAt <= now; asked || all {
		answer := g.answer(all)
		if asked {
			g.answerAt, g.asked.Sources = 0, nil
		}
		if answer.Type != 0 && len(due) == 0 { // what has changed says it as well
			due = append(due, answer)
		}
	}
	return due
}

// report is what a change of state is reported by: RFC 3376 section 5.1.
func (g *group) report() (due []wire.GroupRecord) {
	if g.changes > 0 {
		g.changes--
		typ := uint8(wire.GroupToInclude)
		if g.filter.Exclude {
			typ = wire.GroupToExclude
		}
		return []wire.GroupRecord{{Type: typ, Group: g.addr, Sources: g.filter.Sources}}
	}
	allow := wire.GroupRecord{Type: wire.GroupAllow, Group: g.addr}
	block := wire.GroupRecord{Type: wire.GroupBlock, Group: g.addr}
	var left []source
	for _, s := range g.changed {
		if g.filter.Allows(s.addr) {
			allow.Sources = append(allow.Sources, s.addr)
		} else {
			block.Sources = append(block.Sources, s.addr)
		}
		if s.times--; s.times > 0 {
			left = append(left, s)
		}
	}
	g.changed = left
	for _, r := range [...]wire.GroupRecord{allow, block} {
		for len(r.Sources) > 0 {
			part := r
			part.Sources = r.Sources[:min(len(r.Sources), MaxSources)]
			r.Sources = r.Sources[len(part.Sources):]
			due = append(due, part)
		}
	}
	return due
}

// answer is what a question is answered with, nothing if its Type is 0: RFC 3376 section 5.2.
func (g *group) answer(all bool) wire.GroupRecord {
	switch {
	case g.filter.IsZero():
		return wire.GroupRecord{}
	case len(g.asked.Sources) > 0 && !all:
		r := wire.GroupRecord{Type: wire.GroupIsInclude, Group: g.addr}
		for _, s := range g.asked.Sources {
			if g.filter.Allows(s) {
				r.Sources = append(r.Sources, s)
			}
		}
		if len(r.Sources) == 0 {
			r.Type = 0
		}
		return r
	case g.filter.Exclude:
		return wire.GroupRecord{Type: wire.GroupIsExclude, Group: g.addr, Sources: g.filter.Sources}
	}
	return wire.GroupRecord{Type: wire.GroupIsInclude, Group: g.addr, Sources: g.filter.Sources}
}
