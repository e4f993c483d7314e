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
	m.Join(1, mdns)
	if got := string(all(m, 1)); got != "\x04\x04" {
		t.Errorf("join: %x", got)
	}
	m.Leave(2*second, mdns)
	m.Poll(2 * second)
	m.Join(2*second+1, mdns)
	if got := string(all(m, 2*second+1)); got != "\x04\x04" {
		t.Errorf("left and joined again: %x", got)
	}
	m.Query(9*second, &Query{Robustness: 3})
	if got := string(all(m, 9*second)); got != "\x02" {
		t.Errorf("asked: %x", got)
	}
	m.Leave(10*second, mdns)
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
		m.Join(1, mdns.WithID(uint64(1000+k)))
	}
	records := 0
	for _, r := range m.Poll(1) {
		records += len(r.Records)
		if n := wire.IPv6Len + wire.RouterAlertLen + wire.MLDReportLen(len(r.Records)); n > wire.IPv6MinMTU {
			t.Errorf("%d octets", n)
		}
	}
	if records != 200 {
		t.Errorf("%d records", records)
	}
}
