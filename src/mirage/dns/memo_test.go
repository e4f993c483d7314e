package dns

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
)

// A question that has been asked is answered without a look-up and without an allocation.
func TestAnswerAllocations(t *testing.T) {
	s := ruleServer(t, Options{})
	dst := make([]byte, 0, 1232)
	for _, q := range [][]byte{
		makeQuery(t, "web.example", TypeA, nil),
		makeQuery(t, "WEB.example", TypeA, &EDNS{UDPSize: 4096}),
		makeQuery(t, "nosuch.example", TypeA, &EDNS{UDPSize: 1232, DNSSECOK: true, Options: []Option{{OptionCookie, make([]byte, 8)}}}),
		makeQuery(t, "x.cut.example", TypeA, nil),
	} {
		s.Answer(dst, q, 1232)
		var k memoKey
		m := s.state.Load().memo
		if m.key(q, &k, s.detail) == 0 {
			t.Fatal("not of the common form")
		}
		if e, _ := m.find(q, &k); e == nil {
			t.Error("not kept")
		}
		if n := testing.AllocsPerRun(100, func() { s.Answer(dst, q, 1232) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// Random names, each asked twice, do not make the memo grow, nor the garbage that comes with growing.
func TestMemoBounded(t *testing.T) {
	const limit = 64 << 10
	s, err := NewServer(Options{MemoBytes: limit}, readZone(t, soa+"* A 192.0.2.1\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := s.state.Load().memo
	for i := range 20000 {
		q := makeQuery(t, strconv.Itoa(i/2)+".example", TypeA, nil)
		s.Answer(nil, q, 512)
		if used := m.bytes.Load(); used > limit || used < 0 {
			t.Fatalf("%d bytes", used)
		}
	}
	sum := int64(0)
	for i := range m.sets {
		for j := range m.sets[i] {
			sum += m.sets[i][j].Load().size()
		}
	}
	if sum != m.bytes.Load() || sum < limit/2 {
		t.Errorf("%d bytes counted, %d there", m.bytes.Load(), sum)
	}
	q := makeQuery(t, "again.example", TypeA, nil)
	for range 10 {
		s.Answer(nil, q, 512)
	}
	var k memoKey
	m.key(q, &k, s.detail)
	if e, _ := m.find(q, &k); e == nil {
		t.Error("a question asked often is not kept when the memo is full")
	}
}

// A stream of questions asked once drives out nothing that is asked often.
func TestMemoKeepsOften(t *testing.T) {
	m := newMemo(16 << 10)
	answer := make([]byte, 100)
	key := func(i uint64) *memoKey { return &memoKey{hash: i * 0x9e3779b97f4a7c15, end: headerLen + 1} }
	for i := range uint64(1000) {
		m.add(key(i), answer)
	}
	count := func() (n int) {
		for i := range uint64(1000) {
			if e := m.slot(&m.sets[key(i).hash&m.mask], key(i).hash); e != nil && e.Load() != nil {
				n++
			}
		}
		return n
	}
	before := count()
	for i := range uint64(100000) {
		m.add(key(1000+i), answer)
	}
	if after := count(); before == 0 || after < before*9/10 {
		t.Errorf("%d of %d are left", after, before)
	}
}

// Names that differ in what folding could confuse are different names.
func TestMemoNames(t *testing.T) {
	s, err := NewServer(Options{}, readZone(t, soa+`\@ A 192.0.2.1
\096 A 192.0.2.2
[ A 192.0.2.3
{ A 192.0.2.4
\192 A 192.0.2.5
\224 A 192.0.2.6
abcdefg A 192.0.2.7
abcdefgh A 192.0.2.8
abcdefghi A 192.0.2.9
`))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for name, last := range map[string]byte{`\@`: 1, `\096`: 2, "[": 3, "{": 4, `\192`: 5, `\224`: 6, "abcdefg": 7, "ABCDEFGH": 8, "abcdefghI": 9} {
			b := s.Answer(nil, makeQuery(t, name+".example", TypeA, nil), 512)
			if b[len(b)-1] != last {
				t.Errorf("%s: %x", name, b)
			}
		}
	}
}

// fold and lower are the same.
func TestFold(t *testing.T) {
	for range 100000 {
		w := rand.Uint64()
		var want uint64
		for i := 0; i < 64; i += 8 {
			want |= uint64(lower(byte(w>>i))) << i
		}
		if got := fold(w); got != want {
			t.Fatalf("%x: %x, want %x", w, got, want)
		}
	}
}

// Many ask while zones are exchanged: each answer is of one of the zones (run with -race).
func TestConcurrent(t *testing.T) {
	zones := []*Zone{readZone(t, soa+"* A 192.0.2.1\n"), readZone(t, soa+"* A 192.0.2.2\n")}
	s, err := NewServer(Options{MemoBytes: 8 << 10}, zones[0])
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			var b []byte
			for i := range 5000 {
				q := makeQuery(t, strconv.Itoa(i%200)+"."+strconv.Itoa(g%2)+".example", TypeA, nil)
				b = s.Answer(b[:0], q, 512)
				if m, err := ParseMessage(b); err != nil || len(m.Answers) != 1 || !bytes.HasPrefix(m.Answers[0].Data, []byte{192, 0, 2}) {
					t.Errorf("%x: %v", b, err)
				}
			}
		})
	}
	for i := range 100 {
		if err := s.SetZones(zones[i%2]); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
