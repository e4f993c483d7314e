//go:build !mirage

package arp

import (
	"internal/mirage/device"
	"internal/mirage/netstack/wire"
	"testing"
)

var (
	us, peer, other = wire.V4(10, 0, 0, 1), wire.V4(10, 0, 0, 2), wire.V4(10, 0, 0, 3)
)

const ourMAC, peerMAC, evilMAC wire.MAC = 0x020000000001, 0x020000000002, 0x020000000066

func newCache() *Cache { return NewCache(ourMAC, func(a wire.Addr) bool { return a == us }, 42) }

func message(op uint16, senderMAC wire.MAC, sender wire.Addr, targetMAC wire.MAC, target wire.Addr) wire.ARP {
	m := make(wire.ARP, wire.ARPLen)
	m.Put(op, senderMAC, sender, targetMAC, target)
	return m
}

func frame() *device.Frame { return &device.Frame{} }

// resolve asks for a neighbour with one frame waiting.
func resolve(t *testing.T, c *Cache, now int64, a wire.Addr) Answer {
	t.Helper()
	_, answer, m := c.Resolve(now, a, us, frame)
	if answer == Asked && (m.To != wire.BroadcastMAC || m.Op != wire.ARPRequest || m.Sender != us || m.Target != a) {
		t.Fatalf("asked by %+v", m)
	}
	return answer
}

func reply(c *Cache, now int64, mac wire.MAC, a wire.Addr) Result {
	return c.Input(now, message(wire.ARPReply, mac, a, ourMAC, us))
}

func known(t *testing.T, c *Cache, a wire.Addr, want wire.MAC) {
	t.Helper()
	mac, ok := c.Lookup(a)
	if ok != (want != 0) || mac != want {
		t.Fatalf("%v is at %v %v, want %v", a, mac, ok, want)
	}
}

func TestResolve(t *testing.T) {
	c := newCache()
	now := second
	known(t, c, peer, 0)
	if resolve(t, c, now, peer) != Asked || resolve(t, c, now, peer) != Held {
		t.Fatal("the first frame asks, the second waits")
	}
	r := reply(c, now, peerMAC, peer)
	if len(r.Released) != 2 || r.MAC != peerMAC || r.Wrong {
		t.Fatalf("%+v", r)
	}
	known(t, c, peer, peerMAC)
	if mac, answer, _ := c.Resolve(now, peer, us, frame); answer != Known || mac != peerMAC {
		t.Fatal("not known")
	}
}

// RFC 1122 section 2.3.2.2: the latest packets are kept, and few of them.
func TestHeldFrames(t *testing.T) {
	c := newCache()
	var all []*device.Frame
	for range 10 {
		c.Resolve(second, peer, us, func() *device.Frame {
			all = append(all, frame())
			return all[len(all)-1]
		})
	}
	r := reply(c, second, peerMAC, peer)
	if len(r.Released) != maxHeld || r.Released[maxHeld-1] != all[9] || r.Released[0] != all[10-maxHeld] {
		t.Fatalf("%d released, want the last %d", len(r.Released), maxHeld)
	}
}

// RFC 1122 section 2.3.2.1: at most one request a second for an address; then the sender is told.
func TestNoAnswer(t *testing.T) {
	c := newCache()
	now := second
	resolve(t, c, now, peer)
	for range tries - 1 {
		if ask, failed := c.Expire(now + interval - 1); len(ask)+len(failed) != 0 {
			t.Fatal("asked again within a second")
		}
		now = c.Next()
		if ask, failed := c.Expire(now); len(ask) != 1 || len(failed) != 0 {
			t.Fatalf("%d questions, %d failures", len(ask), len(failed))
		}
	}
	now = c.Next()
	ask, failed := c.Expire(now)
	if len(ask) != 0 || len(failed) != 1 || failed[0].Addr != peer || len(failed[0].Frames) != 1 {
		t.Fatalf("%v %v", ask, failed)
	}
	if c.Next() != 0 || len(c.entries) != 0 || c.waiting != 0 {
		t.Errorf("left over: next %d, %d entries, %d waiting", c.Next(), len(c.entries), c.waiting)
	}
}

// RFC 1122 section 2.3.2.1: entries time out; one in use is asked by unicast first, and stays if it answers.
func TestTimeout(t *testing.T) {
	for _, used := range []bool{false, true} {
		c := newCache()
		resolve(t, c, second, peer)
		reply(c, second, peerMAC, peer)
		c.entries[peer].used.Store(used)
		if ask, _ := c.Expire(second + lifetime - 1); len(ask) != 0 {
			t.Fatal("asked too early")
		}
		now := second + lifetime
		ask, _ := c.Expire(now)
		if !used {
			known(t, c, peer, 0)
			continue
		}
		if len(ask) != 1 || ask[0].To != peerMAC {
			t.Fatalf("asked by %+v, want a unicast", ask)
		}
		if r := reply(c, now, peerMAC, peer); r.Wrong {
			t.Fatal("the answer was not taken")
		}
		known(t, c, peer, peerMAC)
		// Now it is silent: after the questions it is forgotten.
		now += lifetime
		for n := range tries {
			if ask, _ := c.Expire(now); len(ask) != 1 {
				t.Fatalf("%d questions, want number %d", len(ask), n)
			}
			known(t, c, peer, peerMAC)
			now += interval
		}
		c.Expire(now)
		if known(t, c, peer, 0); len(c.entries) != 0 {
			t.Error("left over")
		}
	}
}

// What was not asked for is not believed: neither gratuitous announcements, nor replies, nor the sender of a request
// (RFC 826 would merge them all).
func TestUnsolicited(t *testing.T) {
	for name, m := range map[string]wire.ARP{
		"reply":                   message(wire.ARPReply, evilMAC, peer, ourMAC, us),
		"gratuitous reply":        message(wire.ARPReply, evilMAC, peer, wire.BroadcastMAC, peer),
		"announcement (RFC 5227)": message(wire.ARPRequest, evilMAC, peer, 0, peer),
		"request":                 message(wire.ARPRequest, evilMAC, peer, 0, us),
	} {
		c := newCache()
		c.Input(second, m)
		if known(t, c, peer, 0); len(c.entries) != 0 {
			t.Errorf("%s: made an entry", name)
		}
		// Nor does it change one: the neighbour itself is asked.
		resolve(t, c, second, peer)
		reply(c, second, peerMAC, peer)
		r := c.Input(5*second, m)
		known(t, c, peer, peerMAC)
		asked := r.Send && r.Message.To == peerMAC && r.Message.Op == wire.ARPRequest
		if name != "request" && !asked {
			t.Errorf("%s: %+v, want a question to the neighbour", name, r)
		}
		// It answers, and the forger answers too: the neighbour stays.
		reply(c, 5*second, evilMAC, peer)
		reply(c, 5*second, peerMAC, peer)
		reply(c, 5*second, evilMAC, peer)
		known(t, c, peer, peerMAC)
	}
}

// A neighbour that has really moved is found again after the questions to its old place.
func TestMoved(t *testing.T) {
	c := newCache()
	resolve(t, c, second, peer)
	reply(c, second, peerMAC, peer)
	now := 10 * second
	c.Input(now, message(wire.ARPRequest, evilMAC, peer, 0, peer))
	for range tries {
		known(t, c, peer, peerMAC)
		now += interval
		c.Expire(now)
	}
	known(t, c, peer, 0)
	resolve(t, c, now, peer)
	reply(c, now, evilMAC, peer)
	known(t, c, peer, evilMAC)
}

// An answer must be meant for us, and come from a single station.
func TestReplyRefused(t *testing.T) {
	for name, m := range map[string]wire.ARP{
		"to another station":        message(wire.ARPReply, peerMAC, peer, evilMAC, us),
		"to another address":        message(wire.ARPReply, peerMAC, peer, ourMAC, other),
		"about another":             message(wire.ARPReply, peerMAC, other, ourMAC, us),
		"broadcast: RFC 1812 3.3.2": message(wire.ARPReply, wire.BroadcastMAC, peer, ourMAC, us),
		"group":                     message(wire.ARPReply, 0x01005e000001, peer, ourMAC, us),
		"no station":                message(wire.ARPReply, 0, peer, ourMAC, us),
		"ourselves":                 message(wire.ARPReply, ourMAC, peer, ourMAC, us),
		"a question instead":        message(wire.ARPRequest, peerMAC, peer, ourMAC, other),
	} {
		c := newCache()
		resolve(t, c, second, peer)
		if r := c.Input(second, m); len(r.Released) != 0 {
			t.Errorf("%s: believed", name)
		}
		known(t, c, peer, 0)
	}
}

func TestAnswersRequests(t *testing.T) {
	c := newCache()
	for name, sender := range map[string]wire.Addr{"RFC 826": peer, "a probe, RFC 5227 section 2.1.1": wire.Any4} {
		r := c.Input(second, message(wire.ARPRequest, peerMAC, sender, 0, us))
		want := Message{To: peerMAC, Op: wire.ARPReply, Sender: us, TargetMAC: peerMAC, Target: sender}
		if !r.Send || r.Message != want {
			t.Errorf("%s: %+v, want %+v", name, r, want)
		}
	}
	if r := c.Input(second, message(wire.ARPRequest, peerMAC, peer, 0, other)); r.Send {
		t.Error("answered for another")
	}
	if r := c.Input(second, message(wire.ARPRequest, evilMAC, us, 0, us)); r.Send || !r.Conflict {
		t.Error("RFC 5227 section 2.4: another station with our address is a conflict")
	}
}

// Forged destinations make neither the cache nor the number of questions grow; a late comer still gets in.
func TestBounds(t *testing.T) {
	c := newCache()
	now := second
	asked := 0
	for i := range 100000 {
		now += 1e4 // 100000 a second
		switch resolve(t, c, now, wire.V4From(0x0a000000+uint32(i)+1000)) {
		case Asked:
			asked++
		}
		if len(c.entries) > maxEntries || c.waiting > maxPending {
			t.Fatalf("%d entries, %d waiting", len(c.entries), c.waiting)
		}
	}
	if asked > 2*askRate+1 {
		t.Errorf("%d questions in a second, want at most %d", asked, 2*askRate)
	}
	if resolve(t, c, now+second, peer) != Asked {
		t.Error("refused when the flood is over")
	}
	count := 0
	for _, e := range c.entries {
		if e.state == pending {
			count++
		}
	}
	if count != c.waiting {
		t.Errorf("%d pending, counted %d", count, c.waiting)
	}
}

// Neighbours that answer all forged addresses do not drive out one in use.
func TestFullOfAnswers(t *testing.T) {
	c := newCache()
	now := second
	resolve(t, c, now, peer)
	reply(c, now, peerMAC, peer)
	known(t, c, peer, peerMAC)
	for i := range 3 * maxEntries {
		now += 1e7
		a := wire.V4From(0x0b000000 + uint32(i))
		resolve(t, c, now, a)
		reply(c, now, evilMAC, a)
		c.entries[a].used.Store(false)
	}
	if len(c.entries) > maxEntries {
		t.Errorf("%d entries", len(c.entries))
	}
	if e := c.entries[peer]; e == nil {
		t.Error("the neighbour in use was driven out")
	}
}

// A claim: probes from 0.0.0.0, announcements, silence (RFC 5227 sections 2.1.1 and 2.3).
func TestProbe(t *testing.T) {
	p := NewProbe(second, us, 12345)
	var last int64
	for n := range probeNum + announceNum {
		now := p.Next()
		if n > 0 && (now-last < probeMin || now-last > probeMax) {
			t.Errorf("message %d after %d ns", n, now-last)
		}
		if n == 0 && now >= second+probeWait {
			t.Errorf("the first probe after %d ns: PROBE_WAIT is a second", now-second)
		}
		if p.Tentative() != (n <= probeNum) {
			t.Errorf("before message %d tentative is %v", n, p.Tentative())
		}
		m, send := p.Poll(now, uint64(n)*777777777)
		want := us
		if n < probeNum {
			want = wire.Any4
		}
		if !send || m.Op != wire.ARPRequest || m.To != wire.BroadcastMAC || m.Sender != want || m.Target != us {
			t.Errorf("message %d: %+v", n, m)
		}
		if _, again := p.Poll(now, 0); again {
			t.Error("two at once")
		}
		last = now
	}
	if p.Next() != 0 {
		t.Error("and more")
	}
}

func TestProbeConflicts(t *testing.T) {
	p := NewProbe(second, us, 0)
	probe := message(wire.ARPRequest, evilMAC, wire.Any4, 0, us)
	claim := message(wire.ARPReply, evilMAC, us, 0, peer)
	for _, c := range []struct {
		m    wire.ARP
		want bool
	}{
		{probe, true}, {claim, true}, // RFC 5227 section 2.1.1
		{message(wire.ARPRequest, ourMAC, wire.Any4, 0, us), false},     // our own, come back
		{message(wire.ARPRequest, peerMAC, peer, 0, us), false},         // an ordinary question
		{message(wire.ARPRequest, evilMAC, wire.Any4, 0, other), false}, // a probe for another address
	} {
		if p.Conflicts(c.m, ourMAC) != c.want {
			t.Errorf("% x: %v", []byte(c.m), !c.want)
		}
	}
	for p.Next() != 0 {
		p.Poll(p.Next(), 0)
	}
	if p.Conflicts(probe, ourMAC) || !p.Conflicts(claim, ourMAC) {
		t.Error("once it is ours a probe for it is a question, a claim a conflict")
	}
}

// RFC 5227 section 2.4 (c): defended, but not more than once in ten seconds.
func TestDefend(t *testing.T) {
	p := NewProbe(second, us, 0)
	now := 100 * second
	m, send := p.Defend(now)
	if !send || m.Sender != us || m.Target != us || m.To != wire.BroadcastMAC {
		t.Errorf("%+v %v", m, send)
	}
	if _, send := p.Defend(now + defendInterval - 1); send {
		t.Error("defended again too soon")
	}
	if _, send := p.Defend(now + defendInterval); !send {
		t.Error("not defended again")
	}
}

func FuzzInput(f *testing.F) {
	f.Add([]byte(message(wire.ARPReply, peerMAC, peer, ourMAC, us)))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := newCache()
		now := second
		for len(b) >= wire.ARPLen {
			resolve(t, c, now, peer)
			now += second / 3
			if m, ok := wire.ParseARP(b); ok {
				c.Input(now, m)
			}
			c.Expire(now)
			b = b[wire.ARPLen:]
		}
		if len(c.entries) > 1 {
			t.Fatalf("%d entries after one question", len(c.entries))
		}
		for a := range c.entries {
			if a != peer {
				t.Fatalf("%v is known and was not asked for", a)
			}
		}
	})
}
