//go:build !mirage

package ipfrag

import (
	"bytes"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"testing"
)

var (
	src = wire.V4(192, 0, 2, 1)
	dst = wire.V4(10, 0, 0, 1)
)

const now = 5 * second

// fragment makes the octets [from, to) of a datagram whose payload is counted up; to the end if more is false.
func fragment(id uint16, from, to int, more bool) wire.IPv4 {
	return fragmentOf(src, id, from, to, more)
}

func fragmentOf(src wire.Addr, id uint16, from, to int, more bool) wire.IPv4 {
	p := make(wire.IPv4, wire.IPv4Len+to-from)
	f := wire.IPFields{ID: id, More: more, Offset: uint16(from / 8), TTL: 64, Protocol: wire.ProtoUDP}
	p.Put(&f, len(p), src, dst)
	copy(p.Payload(), counted(to)[from:])
	return p
}

// input gives a table what an IPv4 datagram is of.
func input(c *Table, now int64, p wire.IPv4) (wire.IPv4, Verdict) {
	f := FromIPv4(p)
	whole, verdict := c.Input(now, &f)
	if verdict == Whole {
		wire.IPv4(whole).SetWhole()
	}
	return whole, verdict
}

const maxPayload = wire.IPv4MaxLen - wire.IPv4Len

func counted(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8)
	}
	return b
}

func empty(t *testing.T, c *Table) {
	t.Helper()
	if len(c.all) != 0 || len(c.sources) != 0 || c.memory != 0 || c.list.next != &c.list || c.Next() != 0 {
		t.Errorf("left over: %d datagrams, %d sources, %d octets", len(c.all), len(c.sources), c.memory)
	}
}

func TestInAnyOrder(t *testing.T) {
	const size, step = 3003, 296
	type piece struct{ from, to int }
	var pieces []piece
	for from := 0; from < size; from += step {
		pieces = append(pieces, piece{from, min(from+step, size)})
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		c := NewTable()
		r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for i, q := range pieces {
			whole, verdict := input(c, now, fragment(7, q.from, q.to, q.to < size))
			if i < len(pieces)-1 {
				if verdict != Kept {
					t.Fatalf("fragment %d of %v: verdict %d", i, pieces, verdict)
				}
				if _, again := input(c, now, fragment(7, q.from, q.to, q.to < size)); again != Kept {
					t.Fatal("a duplicate: RFC 8200 section 4.5 lets it pass")
				}
				continue
			}
			if verdict != Whole || !whole.ChecksumOK() || whole.IsFragment() || whole.TotalLen() != wire.IPv4Len+size ||
				whole.Src() != src || whole.ID() != 7 || !bytes.Equal(whole.Payload(), counted(size)) {
				t.Fatalf("verdict %d, % x", verdict, whole[:min(20, len(whole))])
			}
		}
		empty(t, c)
	}
}

// RFC 791 section 3.2: datagrams are told apart by source, destination, protocol and identification.
func TestApart(t *testing.T) {
	c := NewTable()
	first := func(change func(wire.IPv4)) wire.IPv4 {
		p := fragment(1, 0, 16, true)
		change(p)
		return p
	}
	input(c, now, fragment(1, 16, 32, false))
	for name, p := range map[string]wire.IPv4{
		"identification": first(func(p wire.IPv4) { p[5]++ }),
		"protocol":       first(func(p wire.IPv4) { p[9]++ }),
		"source":         first(func(p wire.IPv4) { p[15]++ }),
		"destination":    first(func(p wire.IPv4) { p[19]++ }),
	} {
		if _, verdict := input(c, now, p); verdict != Kept {
			t.Errorf("another %s completed it", name)
		}
	}
	if _, verdict := input(c, now, fragment(1, 0, 16, true)); verdict != Whole {
		t.Error("not completed")
	}
}

// RFC 791 section 3.1, 3.2; RFC 5722 section 4 for overlaps: the datagram is dropped with all its fragments, those too that
// are still to come.
func TestRefused(t *testing.T) {
	other := func(p wire.IPv4) wire.IPv4 { p.Payload()[0] ^= 1; return p }
	for name, pieces := range map[string][]wire.IPv4{
		"overlap in front":         {fragment(1, 8, 24, true), fragment(1, 0, 16, true)},
		"overlap behind":           {fragment(1, 0, 16, true), fragment(1, 8, 24, true)},
		"inside another":           {fragment(1, 0, 32, true), fragment(1, 8, 16, true)},
		"around another":           {fragment(1, 8, 16, true), fragment(1, 0, 32, true)},
		"the same with other data": {fragment(1, 0, 16, true), other(fragment(1, 0, 16, true))},
		"the same but longer":      {fragment(1, 0, 16, true), fragment(1, 0, 24, true)},
		"beyond the last":          {fragment(1, 8, 16, false), fragment(1, 16, 24, true)},
		"two ends":                 {fragment(1, 8, 16, false), fragment(1, 16, 24, false)},
		"an end in the middle":     {fragment(1, 16, 24, true), fragment(1, 8, 12, false)},
		"not a multiple of eight":  {fragment(1, 0, 12, true)},
		"nothing in it":            {fragment(1, 8, 8, true)},
		"nothing at the end":       {fragment(1, 8, 8, false)},
		"ping of death":            {fragment(1, 65528, 65536, false)},
	} {
		c := NewTable()
		verdict := Kept
		for _, p := range pieces {
			_, verdict = input(c, now, p)
		}
		if verdict != Bad {
			t.Errorf("%s: verdict %d", name, verdict)
		}
		input(c, now, fragment(1, 0, 8, true))
		input(c, now, fragment(1, 8, 16, true))
		if _, verdict := input(c, now, fragment(1, 16, 24, false)); verdict != Bad {
			t.Errorf("%s: completed afterwards", name)
		}
		if c.memory > fixedCost {
			t.Errorf("%s: %d octets are kept", name, c.memory)
		}
		first, dropped := c.Expire(now + lifetime)
		if len(first) != 0 || dropped != 1 {
			t.Errorf("%s: %d to be told of, %d dropped", name, len(first), dropped)
		}
		empty(t, c)
	}
}

// The options of the first fragment can make a whole longer than 65535 octets, though no fragment reaches beyond.
func TestTooLongWithOptions(t *testing.T) {
	c := NewTable()
	first := make(wire.IPv4, 24+8)
	first.Put(&wire.IPFields{ID: 1, More: true, Protocol: wire.ProtoUDP}, len(first), src, dst)
	first[0] = 0x46
	if _, verdict := input(c, now, first); verdict != Kept {
		t.Fatal(verdict)
	}
	if whole, verdict := input(c, now, fragment(1, 8, maxPayload, false)); verdict != Bad {
		t.Errorf("%d octets", len(whole))
	}
	empty(t, c)
}

// RFC 1122 section 3.3.2: time out, and tell the sender if the first fragment is there.
func TestTimeout(t *testing.T) {
	c := NewTable()
	input(c, now, fragment(1, 0, 16, true))
	input(c, now+second, fragment(2, 16, 32, true))
	input(c, now+second, fragment(1, 24, 32, true)) // does not prolong it
	if c.Next() != now+lifetime {
		t.Errorf("next at %d", c.Next())
	}
	if first, dropped := c.Expire(now + lifetime - 1); len(first)+dropped != 0 {
		t.Error("too early")
	}
	first, dropped := c.Expire(now + lifetime)
	if len(first) != 1 || dropped != 1 || wire.IPv4(first[0]).ID() != 1 || !bytes.Equal(wire.IPv4(first[0]).Payload(), counted(16)) {
		t.Errorf("%v, %d dropped", first, dropped)
	}
	first, dropped = c.Expire(c.Next())
	if len(first) != 0 || dropped != 1 {
		t.Errorf("without the first fragment: %v, %d dropped", first, dropped)
	}
	empty(t, c)
}

func TestBounds(t *testing.T) {
	c := NewTable()
	check := func() {
		t.Helper()
		sum, sources := 0, 0
		for _, d := range c.all {
			sum += d.charge
		}
		for _, n := range c.sources {
			if sources += n; n > maxSource {
				t.Fatalf("%d octets for one source", n)
			}
		}
		if c.memory > maxMemory || sum != c.memory || sources != c.memory {
			t.Fatalf("%d octets, charged %d, by source %d", c.memory, sum, sources)
		}
	}
	// One source alone.
	for i := range 5000 {
		input(c, now, fragment(uint16(i), 0, 1480, true))
	}
	check()
	// Many sources: the oldest make room.
	for i := range 50000 {
		input(c, now, fragmentOf(wire.V4From(0x0b000000+uint32(i)), 1, 8, 1480, true))
		if i%1000 == 0 {
			check()
		}
	}
	// Tiny fragments of one datagram.
	var verdict Verdict
	for i := range 1000 {
		_, verdict = input(c, now, fragment(9, 16*i, 16*i+8, true))
	}
	if verdict != Bad {
		t.Errorf("%d fragments of one datagram were kept", 1000)
	}
	check()
	// An honest one still comes through.
	input(c, now, fragment(10000, 0, 1480, true))
	if _, verdict := input(c, now, fragment(10000, 1480, 1500, false)); verdict != Whole {
		t.Errorf("verdict %d in a full table", verdict)
	}
	check()
	for c.Next() != 0 {
		c.Expire(c.Next())
	}
	empty(t, c)
}

// FuzzInput: whatever comes, what is given out whole is what the fragments that made it say, and the accounts are right.
func FuzzInput(f *testing.F) {
	f.Add([]byte{0, 2, 1, 2, 1, 0})
	f.Add([]byte{2, 2, 1, 0, 3, 1, 1, 9, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		c := NewTable()
		clock := now
		for ; len(script) >= 3; script = script[3:] {
			from := int(script[0]&31) * 8
			n := int(script[1])
			p := fragment(uint16(script[2]>>4&3), from, from+n, script[2]&1 != 0)
			if script[2]&2 != 0 && n > 0 {
				p.Payload()[0]++
			}
			clock += int64(script[0]>>5) * second
			whole, verdict := input(c, clock, p)
			if (verdict == Whole) != (whole != nil) {
				t.Fatal("a verdict without its datagram")
			}
			if whole != nil && (!whole.ChecksumOK() || whole.IsFragment() || whole.TotalLen() != len(whole)) {
				t.Fatalf("% x", []byte(whole))
			}
			c.Expire(clock)
			sum := 0
			for _, d := range c.all {
				sum += d.charge
			}
			if sum != c.memory {
				t.Fatalf("charged %d, %d in all", sum, c.memory)
			}
		}
		c.Expire(clock + lifetime)
		empty(t, c)
	})
}
