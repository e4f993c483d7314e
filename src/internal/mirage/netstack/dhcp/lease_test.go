//go:build !mirage

package dhcp

import (
	"internal/mirage/netstack/wire"
	"slices"
	"testing"
)

// RFC 2131 section 3.3: 0xffffffff is for ever.
func TestForever(t *testing.T) {
	r := newTrace(t)
	l := r.bind(slices.Concat(mask24, []byte{wire.OptLeaseTime, 4, 255, 255, 255, 255})...)
	if l.Duration != 0 || r.c.Next() != 0 {
		t.Errorf("%+v, next at %d", l, r.c.Next())
	}
	l = newTrace(t).bind(slices.Concat(mask24, []byte{wire.OptLeaseTime, 4, 255, 255, 255, 254})...)
	if l.Duration != (1<<32-2)*second || l.T2 >= l.Duration || l.T1 >= l.T2 {
		t.Errorf("%+v", l)
	}
}

// T1 and T2 that make no sense are not used.
func TestSenselessTimes(t *testing.T) {
	for _, times := range [][2]byte{{0, 100}, {100, 100}, {200, 100}} {
		l := newTrace(t).bind(slices.Concat(usual, []byte{wire.OptT1, 4, 0, 0, 0, times[0]}, []byte{wire.OptT2, 4, 0, 0, 0, times[1]})...)
		if l.T1 != 1800*second || l.T2 != 3150*second {
			t.Errorf("%v: T1 %d, T2 %d", times, l.T1, l.T2)
		}
	}
}

// Names go into files and the environment: nothing but names gets there.
func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		"example.org": "example.org", "a_b-c.d": "a_b-c.d", "x\x00": "x",
		"": "", "\x00": "", "a b": "", "a\nnameserver 6.6.6.6": "", ".org": "", "-x": "", "é": "", "a;b": "", "a#": "",
	} {
		m := slices.Concat(usual, []byte{wire.OptDomain, byte(len(text))}, []byte(text))
		if l := newTrace(t).bind(m...); l.Domain != want {
			t.Errorf("%q gave %q, want %q", text, l.Domain, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	// RFC 2132 section 8.3.
	if l := newTrace(t).bind(slices.Concat(usual, []byte{wire.OptTimeServers, 12, 10, 0, 0, 5, 224, 0, 1, 1, 10, 0, 0, 6})...); !slices.Equal(l.Time, []wire.Addr{wire.V4(10, 0, 0, 5), wire.V4(10, 0, 0, 6)}) {
		t.Errorf("time servers %v", l.Time)
	}
	many := []byte{wire.OptDNS, 40}
	for i := range byte(10) {
		many = append(many, 9, 9, 9, i)
	}
	l := newTrace(t).bind(slices.Concat(lease1h, many, []byte{wire.OptRouters, 12, 0, 0, 0, 0, 127, 0, 0, 1, 224, 0, 0, 1})...)
	if len(l.DNS) != maxAddrs || len(l.Routers) != 0 {
		t.Errorf("name servers %v, routers %v", l.DNS, l.Routers)
	}
	if l.Prefix.Bits != 8 {
		t.Errorf("without a mask %v: RFC 950 section 2.1", l.Prefix)
	}
	l = newTrace(t).bind(slices.Concat(lease1h, []byte{wire.OptSubnetMask, 4, 255, 255, 255, 255}, []byte{wire.OptBroadcast, 4, 10, 0, 0, 9})...)
	if l.Prefix.Bits != 32 || l.Broadcast != wire.Any4 {
		t.Errorf("%v broadcast %v", l.Prefix, l.Broadcast)
	}
}
