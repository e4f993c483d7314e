//go:build !mirage

package mcast

import (
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"testing"
)

var mdns, _ = wire.ParseAddr("ff02::fb")

// all lets time pass until nothing is due, and returns the types of the records that are sent.
func all(m *Member, now int64) (types []uint8) {
	for m.Next() != 0 {
		now = max(now, m.Next())
		for _, r := range m.Poll(now) {
			for _, record := range r.Records {
				types = append(types, record.Type)
			}
		}
	}
	return types
}

// RFC 3810 section 6.1: a change is said as often as the robustness variable says, and the last one counts.
func TestChanges(t *testing.T) {
	m := NewMember(rand.New(rand.NewPCG(1, 2)).Uint64)
	m.Set(1, mdns, wire.AllSources)
	if got := string(all(m, 1)); got != "\x04\x04" {
		t.Errorf("join: %x", got)
	}
	m.Set(2*second, mdns, wire.SourceFilter{})
	m.Poll(2 * second)
	m.Set(2*second+1, mdns, wire.AllSources)
	if got := string(all(m, 2*second+1)); got != "\x04\x04" {
		t.Errorf("left and joined again: %x", got)
	}
	m.Query(9*second, &Query{Robustness: 3})
	if got := string(all(m, 9*second)); got != "\x02" {
		t.Errorf("asked: %x", got)
	}
	m.Set(10*second, mdns, wire.SourceFilter{})
	if got := string(all(m, 10*second)); got != "\x03\x03\x03" {
		t.Errorf("left: %x", got)
	}
	m.Query(20*second, &Query{})
	if got := all(m, 20*second); len(got) != 0 {
		t.Errorf("of nothing: %x", got)
	}
}

// A report fits the least MTU, however many groups there are: RFC 3810 section 5.2.
func TestManyGroups(t *testing.T) {
	m := NewMember(rand.New(rand.NewPCG(1, 2)).Uint64)
	for k := range 200 {
		m.Set(1, mdns.WithID(uint64(1000+k)), wire.AllSources)
	}
	records := 0
	for _, r := range m.Poll(1) {
		records += len(r.Records)
		if n := wire.IPv6Len + wire.RouterAlertLen + wire.MLDReportLen(r.Records); n > wire.IPv6MinMTU {
			t.Errorf("%d octets", n)
		}
	}
	if records != 200 {
		t.Errorf("%d records", records)
	}
}

// So does one with sources: RFC 3810 section 5.2.15. Changes of more than one record has room for are said in several.
func TestManySources(t *testing.T) {
	m := NewMember(rand.New(rand.NewPCG(1, 2)).Uint64)
	for k := range 10 {
		var f wire.SourceFilter
		for n := range MaxSources {
			f = f.With(mdns.WithID(uint64(n)))
		}
		m.Set(1, mdns.WithID(uint64(1000+k)), f)
		f = wire.SourceFilter{}
		for n := range MaxSources {
			f = f.With(mdns.WithID(uint64(1000 + n)))
		}
		m.Set(1, mdns.WithID(uint64(1000+k)), f)
	}
	allowed, blocked := 0, 0
	for _, r := range m.Poll(1) {
		if n := wire.IPv6Len + wire.RouterAlertLen + wire.MLDReportLen(r.Records); n > wire.IPv6MinMTU {
			t.Errorf("%d octets", n)
		}
		for _, record := range r.Records {
			switch record.Type {
			case wire.GroupAllow:
				allowed += len(record.Sources)
			case wire.GroupBlock:
				blocked += len(record.Sources)
			}
		}
	}
	if want := 10 * MaxSources; allowed != want || blocked != want {
		t.Errorf("%d allowed and %d blocked, want %d", allowed, blocked, want)
	}
}
