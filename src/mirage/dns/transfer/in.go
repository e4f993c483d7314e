package transfer

import (
	"context"
	"mirage/dns"
)

// whole returns the zone by AXFR.
func (c *client) whole(ctx context.Context) (*dns.Zone, error) {
	if err := c.send(ctx, dns.TypeAXFR, nil); err != nil {
		return nil, err
	}
	return c.read(&incoming{apex: c.zone, left: c.most})
}

// changes returns the zone by IXFR, made of the one that we have: nil if that is as new as it gets.
func (c *client) changes(ctx context.Context, have *version) (*dns.Zone, error) {
	if err := c.send(ctx, dns.TypeIXFR, &have.soa); err != nil {
		return nil, err
	}
	return c.read(&incoming{apex: c.zone, left: c.most, have: have})
}

// read feeds in with the messages of the answer.
func (c *client) read(in *incoming) (*dns.Zone, error) {
	for first := true; ; first = false {
		m, err := c.receive(first)
		if err != nil {
			return nil, err
		}
		for _, r := range m.Answers {
			if err := in.take(r); err != nil {
				return nil, err
			}
		}
		if len(m.Answers) == 0 {
			return nil, errAnswer
		}
		if in.done() {
			if c.target.Key != nil && !c.session.Complete() {
				return nil, errAnswer
			}
			return in.zone()
		}
	}
}

// An incoming is a transfer as far as it has come (RFC 5936 section 2.2, RFC 1995 section 4).
type incoming struct {
	apex dns.Name
	have *version // for IXFR
	left int      // bytes that may still come

	state   state
	soa     dns.Record // the first one: what the zone will be
	records []dns.Record
	set     map[recordKey]dns.Record // what changes are made to
	serial  uint32                   // of set
}

type state int

const (
	wantSOA   state = iota
	wantMore        // the second record says what it is going to be
	inZone          // records of the zone
	inRemoved       // what a change takes out
	inAdded         // what it puts in
	complete
)

// take takes one record.
func (in *incoming) take(r dns.Record) error {
	if in.left -= sizeOf(r); in.left < 0 {
		return errBig
	}
	isSOA := r.Type == dns.TypeSOA
	if isSOA && !r.Name.Equal(in.apex) || !r.Name.Within(in.apex) {
		return errAnswer
	}
	isLast := isSOA && serialOf(r) == serialOf(in.soaOr(r))
	switch in.state {
	case wantSOA:
		if !isSOA {
			return errAnswer
		}
		in.soa, in.state = r, wantMore
	case wantMore:
		switch {
		case !isSOA:
			in.records, in.state = append(in.records, r), inZone
		case in.have != nil && serialOf(r) == in.have.serial && !isLast:
			in.set, in.serial, in.state = recordsOf(in.have.zone), serialOf(r), inRemoved
		case isLast: // a zone of nothing but its SOA record
			in.state = complete
		default:
			return errAnswer
		}
	case inZone:
		switch {
		case isLast:
			in.state = complete
		case isSOA:
			return errAnswer
		default:
			in.records = append(in.records, r)
		}
	case inRemoved:
		if isSOA {
			in.serial, in.state = serialOf(r), inAdded
			return nil
		}
		if k := keyOf(r); in.set[k].Name != "" {
			delete(in.set, k)
			return nil
		}
		return errAnswer // it is not the zone that we have
	case inAdded:
		switch {
		case !isSOA:
			in.set[keyOf(r)] = r
		case serialOf(r) != in.serial: // each change begins where the one before it ends
			return errAnswer
		case isLast:
			in.state = complete
		default:
			in.state = inRemoved
		}
	default:
		return errAnswer
	}
	return nil
}

// soaOr returns the first SOA record, r if there has been none.
func (in *incoming) soaOr(r dns.Record) dns.Record {
	if in.state == wantSOA {
		return r
	}
	return in.soa
}

// done reports whether nothing more is to come. A SOA record alone says that there is nothing new.
func (in *incoming) done() bool {
	return in.state == complete || in.state == wantMore && in.have != nil && !newer(serialOf(in.soa), in.have.serial)
}

// zone returns what has come, nil for nothing new.
func (in *incoming) zone() (*dns.Zone, error) {
	if in.state != complete {
		return nil, nil
	}
	z := &dns.Zone{}
	if err := z.Add(in.soa); err != nil {
		return nil, err
	}
	if in.set == nil {
		for _, r := range in.records {
			if err := z.Add(r); err != nil {
				return nil, err
			}
		}
		return z, nil
	}
	// What is still there keeps its order, what is new comes behind.
	for r := range in.have.zone.Records() {
		if k := keyOf(r); in.set[k].Name != "" {
			if err := z.Add(in.set[k]); err != nil {
				return nil, err
			}
			delete(in.set, k)
		}
	}
	for _, r := range in.set {
		if err := z.Add(r); err != nil {
			return nil, err
		}
	}
	return z, nil
}
