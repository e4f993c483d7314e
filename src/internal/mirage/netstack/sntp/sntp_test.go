//go:build !mirage

package sntp

import (
	"encoding/binary"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"testing"
)

// A world is a client with its clocks, and the servers' true time, in virtual time: the wall clock is off before the true time, and its
// oscillator runs wrong by drift parts of 10^9.
type world struct {
	t      *testing.T
	c      *Client
	now    int64 // true time since the boot, and what servers know
	drift  int64
	offset int64 // wall clock - monotonic clock
	rate   int64
	slewed int64 // how much has been slewed
	steps  []int64
	asked  []wire.AddrPort
	random *rand.Rand
}

// boot is the true time of the boot, ns since 1970: in 2030.
const boot = 1893456000 * second

func newWorld(t *testing.T, off int64, servers ...wire.AddrPort) *world {
	w := &world{t: t, now: 1000 * second, random: rand.New(rand.NewPCG(1, 2))}
	w.offset = boot + off
	w.c = NewClient(w.random.Uint64)
	w.c.SetServers(w.mono(), servers)
	return w
}

func (w *world) mono() int64  { return w.now + w.now/1e9*w.drift }
func (w *world) wall() int64  { return w.mono() + w.offset }
func (w *world) wrong() int64 { return w.wall() - (boot + w.now) }
func server1(n byte) wire.AddrPort {
	return wire.AddrPort{Addr: wire.V4(192, 0, 2, n), Port: wire.NTPPort}
}

var one = server1(1)

// follow does what the client wants done to the clock; slews are done at once.
func (w *world) follow(a Adjustment, ok bool) {
	if !ok {
		return
	}
	w.offset += a.Offset
	w.rate = a.Rate
	if a.Step {
		w.steps = append(w.steps, a.Offset)
		return
	}
	w.slewed += a.Offset
	if abs(a.Offset) > a.Over/2000+1 { // RFC 5905 section 11.3: 500 parts of 10^6
		w.t.Errorf("%d ns in %d ns is too fast", a.Offset, a.Over)
	}
}

// answer is a good answer to a question that was asked at the world's time, of a server whose clock is off, with a network that
// takes time there and back.
func (w *world) answer(question []byte, off, there, back int64) []byte {
	m := make([]byte, 48)
	m[0], m[1] = 4<<3|wire.NTPServer, 2
	copy(m[24:32], question[40:48])
	received := boot + w.now + off + there
	binary.BigEndian.PutUint64(m[32:], stamp(received))
	binary.BigEndian.PutUint64(m[40:], stamp(received+1e6))
	binary.BigEndian.PutUint32(m[4:], 1<<16/100) // 10 ms of delay
	binary.BigEndian.PutUint32(m[8:], 1<<16/200) // 5 ms of dispersion
	return m
}

func stamp(unix int64) uint64 {
	seconds := unix/second + 2208988800
	return uint64(seconds)<<32 | uint64(unix%second)<<32/uint64(second)
}

// serve runs the world for a time. respond makes an answer of a question, nil for none, and how long it takes.
func (w *world) serve(d int64, respond func(to wire.AddrPort, question []byte) (answer []byte, after int64)) {
	type arrival struct {
		at   int64 // true time
		from wire.AddrPort
		b    []byte
	}
	var coming []arrival
	for end := w.now + d; ; {
		next := end
		if due := w.c.Next(); due != 0 {
			next = min(next, max(w.now, w.now+(due-w.mono())))
		}
		for _, a := range coming {
			next = min(next, a.at)
		}
		if w.now = max(next, w.now); w.now >= end {
			return
		}
		for i, a := range coming {
			if a.at <= w.now {
				coming = append(coming[:i], coming[i+1:]...)
				w.follow(w.c.Input(w.mono(), w.wall(), w.mono(), a.from, a.b))
				break
			}
		}
		requests, a, ok := w.c.Expire(w.mono(), w.wall())
		w.follow(a, ok)
		for _, r := range requests {
			w.asked = append(w.asked, r.To)
			if b, after := respond(r.To, r.Message); b != nil {
				coming = append(coming, arrival{w.now + after, r.To, b})
			}
		}
		if len(requests) == 0 && w.c.Next() != 0 && w.c.Next() <= w.mono() {
			w.now++ // the drift leaves parts of a nanosecond
		}
	}
}

const ms = int64(1e6)

// good is a server that is right, 20 ms away.
func (w *world) good(to wire.AddrPort, question []byte) ([]byte, int64) {
	return w.answer(question, 0, 10*ms, 10*ms), 21 * ms
}

func (w *world) silent(to wire.AddrPort, question []byte) ([]byte, int64) { return nil, 0 }

// RFC 4330 section 5: the offset is what both ways' times say. RFC 5905 section 11.3: more than 128 ms is a step, less is slewed.
func TestStepAndSlew(t *testing.T) {
	for _, c := range []struct {
		off  int64
		step bool
	}{{-50 * 365 * 86400 * second, true}, {3600 * second, true}, {129 * ms, true}, {-127 * ms, false}, {3 * ms, false}} {
		w := newWorld(t, c.off, one)
		w.serve(second, w.good)
		if w.wrong() != 0 && abs(w.wrong()) > 10 || (len(w.steps) == 1) != c.step {
			t.Errorf("off by %d: wrong by %d after steps %v", c.off, w.wrong(), w.steps)
		}
	}
	w := newWorld(t, 0, one) // what differs on the ways there and back cannot be known: half of it
	w.serve(second, func(to wire.AddrPort, q []byte) ([]byte, int64) { return w.answer(q, 0, 30*ms, 10*ms), 41 * ms })
	if abs(w.wrong()-10*ms) > 10 {
		t.Errorf("wrong by %d", w.wrong())
	}
}

// RFC 5905 section 8, tests 1 to 3 and 6 and 7, RFC 4330 section 5: what is no answer to the question, or no time, sets no clock.
func TestBadAnswers(t *testing.T) {
	put := binary.BigEndian.PutUint64
	for name, spoil := range map[string]func(m []byte) []byte{
		"short":                  func(m []byte) []byte { return m[:47] },
		"another origin":         func(m []byte) []byte { m[24] ^= 1; return m },
		"no origin":              func(m []byte) []byte { clear(m[24:32]); return m },
		"a client's mode":        func(m []byte) []byte { m[0] = 4<<3 | 3; return m },
		"broadcast":              func(m []byte) []byte { m[0] = 4<<3 | 5; return m },
		"version 1":              func(m []byte) []byte { m[0] = 1<<3 | 4; return m },
		"unsynchronized":         func(m []byte) []byte { m[0] |= 3 << 6; return m },
		"stratum 16":             func(m []byte) []byte { m[1] = 16; return m },
		"an unknown kiss":        func(m []byte) []byte { m[1] = 0; copy(m[12:], "INIT"); return m },
		"no time of receipt":     func(m []byte) []byte { clear(m[32:40]); return m },
		"no time of sending":     func(m []byte) []byte { clear(m[40:48]); return m },
		"sent before it came":    func(m []byte) []byte { put(m[40:], binary.BigEndian.Uint64(m[32:])-1<<32); return m },
		"longer there than gone": func(m []byte) []byte { put(m[40:], binary.BigEndian.Uint64(m[32:])+1<<32); return m },
		"a time of long ago":     func(m []byte) []byte { put(m[32:], stamp(second)); put(m[40:], stamp(second)); return m },
		"2150":                   func(m []byte) []byte { put(m[32:], 1<<60); put(m[40:], 1<<62); return m },
		"far from the root":      func(m []byte) []byte { m[9] = 2; return m },
		"a delay of a day":       func(m []byte) []byte { m[4] = 1; return m },
	} {
		w := newWorld(t, 10*second, one)
		w.serve(100*second, func(to wire.AddrPort, q []byte) ([]byte, int64) { return spoil(w.answer(q, 0, 10*ms, 10*ms)), 21 * ms })
		if len(w.steps) != 0 || w.slewed != 0 {
			t.Errorf("%s: the clock was set by it: %v, %d", name, w.steps, w.slewed)
		}
	}
	w := newWorld(t, 10*second, one)
	w.serve(100*second, func(to wire.AddrPort, q []byte) ([]byte, int64) {
		return w.answer(q, 0, 3*second, 10*ms), 3*second + 11*ms
	})
	if len(w.steps) != 0 {
		t.Error("an answer that took seconds set the clock")
	}
}

// RFC 5905 section 8, test 1: an answer counts once, and one from somebody else never.
func TestReplay(t *testing.T) {
	w := newWorld(t, 0, one)
	requests, _, _ := w.c.Expire(w.mono(), w.wall())
	b := w.answer(requests[0].Message, 3600*second, 0, 0)
	w.now += 2 * ms
	for _, from := range []wire.AddrPort{server1(2), {Addr: one.Addr, Port: 124}} {
		if _, ok := w.c.Input(w.mono(), w.wall(), w.mono(), from, b); ok {
			t.Errorf("an answer from %v is believed", from)
		}
	}
	if _, ok := w.c.Input(w.mono(), w.wall(), w.mono(), one, b); !ok {
		t.Error("the answer is not believed")
	}
	if _, ok := w.c.Input(w.mono(), w.wall(), w.mono(), one, b); ok {
		t.Error("it is believed twice")
	}
	again, _, _ := w.c.Expire(w.mono()+64*second, 0)
	if len(again) != 1 || string(again[0].Message[40:]) == string(requests[0].Message[40:]) {
		t.Error("the next question has the same number")
	}
	for _, c := range requests[0].Message[1:40] { // RFC 4330 section 5: all but the first octet and the transmit timestamp are 0
		if c != 0 || requests[0].Message[0] != 4<<3|3 {
			t.Fatalf("the question tells about us: % x", requests[0].Message)
		}
	}
}

// RFC 4330 section 10, RFC 5905 sections 7.2 and 13: how often servers are asked.
func TestIntervals(t *testing.T) {
	count := func(respond func(w *world) func(wire.AddrPort, []byte) ([]byte, int64), d int64) int {
		w := newWorld(t, 0, one)
		w.serve(d, respond(w))
		return len(w.asked)
	}
	silent := func(w *world) func(wire.AddrPort, []byte) ([]byte, int64) { return w.silent }
	good := func(w *world) func(wire.AddrPort, []byte) ([]byte, int64) { return w.good }
	for _, c := range []struct {
		name    string
		respond func(w *world) func(wire.AddrPort, []byte) ([]byte, int64)
		seconds int64
		want    int
	}{
		{"silent", silent, 7, 4},     // at 0, 2, 4 and 6
		{"silent", silent, 60, 6},    // 22, 54
		{"silent", silent, 3600, 13}, // 118, 246, 502, 1014, 2038, 3062
		{"good", good, 60, 1},
		{"good", good, 4*64 + 1, 5},
		{"good", good, 10000, 23}, // 5 at 64 s, 4 at each of 128, 256 and 512, then each 1024
	} {
		if n := count(c.respond, c.seconds*second); n < c.want-1 || n > c.want+1 {
			t.Errorf("a %s server is asked %d times in %d s, want %d", c.name, n, c.seconds, c.want)
		}
	}
}

// RFC 5905 section 7.4, RFC 8633 section 5: kisses of death, of the server that was asked alone.
func TestKisses(t *testing.T) {
	kiss := func(w *world, code string) func(wire.AddrPort, []byte) ([]byte, int64) {
		return func(to wire.AddrPort, q []byte) ([]byte, int64) {
			m := w.answer(q, 0, 0, 0)
			m[1] = 0
			copy(m[12:], code)
			return m, 2 * ms
		}
	}
	for _, code := range []string{"DENY", "RSTR"} {
		w := newWorld(t, 0, one)
		if w.serve(86400*second, kiss(w, code)); len(w.asked) != 1 || w.c.Next() != 0 {
			t.Errorf("%s: asked %d times", code, len(w.asked))
		}
	}
	w := newWorld(t, 0, one)
	if w.serve(1000*second, kiss(w, "RATE")); len(w.asked) > 4 { // at 0, 128, 384, 896
		t.Errorf("RATE: asked %d times", len(w.asked))
	}
	w.asked = nil
	if w.serve(20000*second, w.good); len(w.asked) > 21 {
		t.Errorf("after RATE it is asked %d times", len(w.asked))
	}
	w = newWorld(t, 0, one)
	w.serve(7*second, func(to wire.AddrPort, q []byte) ([]byte, int64) {
		m := w.answer(q, 0, 0, 0)
		m[1], m[24] = 0, m[24]^1 // it has not seen the question
		copy(m[12:], "DENY")
		return m, 2 * ms
	})
	if len(w.asked) != 4 {
		t.Error("a forged kiss is obeyed")
	}
}

// RFC 5905 section 11.2.1: what most servers agree on is the time; where there is no majority there is none.
func TestMajority(t *testing.T) {
	all := []wire.AddrPort{server1(1), server1(2), server1(3)}
	liars := func(w *world, off map[byte]int64) func(wire.AddrPort, []byte) ([]byte, int64) {
		return func(to wire.AddrPort, q []byte) ([]byte, int64) {
			n := to.Addr.As4()[3]
			return w.answer(q, off[n], 10*ms, 10*ms), 21*ms + int64(n)
		}
	}
	w := newWorld(t, -100*second, all...)
	if w.serve(second, liars(w, map[byte]int64{2: 1000 * second})); abs(w.wrong()) > 10 {
		t.Errorf("with one liar of three: wrong by %d", w.wrong())
	}
	w = newWorld(t, -100*second, all...)
	if w.serve(1000*second, liars(w, map[byte]int64{2: 1000 * second, 3: -77 * second})); len(w.steps) != 0 {
		t.Errorf("with no two alike: steps %v", w.steps)
	}
	w = newWorld(t, -100*second, all[:2]...)
	if w.serve(1000*second, liars(w, map[byte]int64{2: 10 * second})); len(w.steps) != 0 {
		t.Errorf("with one against one: steps %v", w.steps)
	}
	// One that does not answer is waited for, and then left aside.
	w = newWorld(t, -100*second, all...)
	respond := func(to wire.AddrPort, q []byte) ([]byte, int64) {
		if to == all[0] {
			return nil, 0
		}
		return w.good(to, q)
	}
	if w.serve(second, respond); len(w.steps) != 0 {
		t.Error("the slowest was not waited for")
	}
	if w.serve(2*second, respond); abs(w.wrong()) > 10 {
		t.Errorf("without the third: wrong by %d", w.wrong())
	}
}

// RFC 5905 section 11.3: once the clock has been right, it is not set because of a spike, but after 300 s of nothing else.
func TestSpike(t *testing.T) {
	w := newWorld(t, 0, one)
	w.serve(400*second, w.good)
	far := int64(0)
	respond := func(to wire.AddrPort, q []byte) ([]byte, int64) { return w.answer(q, far, 10*ms, 10*ms), 21 * ms }
	w.serve(40*second, respond)
	far = 5 * second
	if w.serve(250*second, respond); len(w.steps) != 0 {
		t.Errorf("it was set after 250 s: %v", w.steps)
	}
	if w.serve(3000*second, respond); len(w.steps) != 1 || abs(w.wrong()-far) > ms {
		t.Errorf("after an hour it was set by %v, and is off by %d", w.steps, w.wrong())
	}
}

// RFC 5905 section 11.3: the frequency is learnt, so that the clock stays right between answers.
func TestFrequency(t *testing.T) {
	for _, drift := range []int64{0, 50e3, -120e3} {
		w := newWorld(t, 0, one)
		w.drift = drift
		w.offset -= w.now / 1e9 * drift
		w.serve(20000*second, w.good)
		if got := w.rate + drift; abs(got) > 2e3 {
			t.Errorf("of %d the rate makes up for %d", drift, w.rate)
		}
		if len(w.steps) != 0 {
			t.Errorf("it was set by %v", w.steps)
		}
	}
}

// RFC 4330 section 3: the era that begins in 2036.
func TestEras(t *testing.T) {
	for stamp, want := range map[wire.NTPTimestamp]int64{
		2208988800 << 32: 0, 1<<63 | 1<<31: -61505152*second + second/2, 0xffffffff<<32 | 0xc0000000: 2085978495*second + second/4*3,
		0: 2085978496 * second, 1 << 32: 2085978497 * second,
	} {
		if got := stamp.Unix(); got != want {
			t.Errorf("%x is %d, want %d", uint64(stamp), got, want)
		}
	}
}

// Servers come and go: those that stay are not asked anew.
func TestSetServers(t *testing.T) {
	w := newWorld(t, 0, one)
	w.serve(second, w.good)
	var many []wire.AddrPort
	for n := range byte(20) {
		many = append(many, server1(n+1), server1(n+1))
	}
	w.asked = nil
	w.c.SetServers(w.mono(), many)
	w.serve(second, w.good)
	if len(w.asked) != 3 { // of the first eight, in pairs, the first has been asked
		t.Errorf("asked %v", w.asked)
	}
	w.c.SetServers(w.mono(), nil)
	if w.c.Next() != 0 {
		t.Error("nobody is to be asked, and still something is to be done")
	}
}

func FuzzInput(f *testing.F) {
	w := newWorld(&testing.T{}, 0, one)
	requests, _, _ := w.c.Expire(w.mono(), w.wall())
	f.Add(w.answer(requests[0].Message, 0, 0, 0), int64(1e6))
	f.Add([]byte("DENY"), int64(0))
	f.Fuzz(func(t *testing.T, b []byte, after int64) {
		w := newWorld(t, 0, one)
		requests, _, _ := w.c.Expire(w.mono(), w.wall())
		if len(b) >= 32 {
			b = append([]byte(nil), b...)
			copy(b[24:], requests[0].Message[40:48]) // as if it knew
		}
		now := w.mono() + max(after, 0)%(10*second)
		a, ok := w.c.Input(now, w.wall(), now, one, b)
		if ok && (boot+a.Offset < earliest-w.now-maxDistance || boot+a.Offset > latest) {
			t.Errorf("the clock would be set by %d", a.Offset)
		}
		if next := w.c.Next(); next != 0 && next <= w.mono() {
			t.Errorf("it is due at %d again", next)
		}
	})
}
