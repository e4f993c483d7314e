package tsig

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mirage/dns"
	"testing"
	"time"
)

var now = time.Unix(1700000000, 0)

func testKey(algorithm dns.Name) *Key {
	return &Key{dns.MustParseName("Key.example"), algorithm, []byte("secret of some length, 32 bytes.")}
}

func testQuery(t testing.TB) []byte {
	t.Helper()
	m := dns.Message{Header: dns.Header{ID: 0x1234}, Questions: []dns.Question{{Name: dns.MustParseName("example"), Type: dns.TypeAXFR, Class: dns.ClassIN}}}
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The MAC is over what RFC 8945 section 4.3 lists, written out here by hand.
func TestLayout(t *testing.T) {
	k := testKey(SHA256)
	q := testQuery(t)
	s := Session{Key: k}
	signed := s.Sign(bytes.Clone(q), now)
	h := hmac.New(sha256.New, k.Secret)
	h.Write(q)
	h.Write([]byte("\x03key\x07example\x00" + "\x00\xff" + "\x00\x00\x00\x00" + "\x0bhmac-sha256\x00" + "\x00\x00\x65\x53\xf1\x00" + "\x01\x2c" + "\x00\x00" + "\x00\x00"))
	want := "034b6579076578616d706c6500" + "00fa00ff00000000003d" + "0b686d61632d73686132353600" + "00006553f100012c0020" + hex.EncodeToString(h.Sum(nil)) + "123400000000"
	if got := hex.EncodeToString(signed[len(q):]); got != want || signed[11] != 1 {
		t.Errorf("%s, want %s", got, want)
	}
	a := bytes.Clone(q) // RFC 8945 section 5.3: the answer's begins with the query's MAC
	a[2] |= 0x80
	h2 := hmac.New(sha256.New, k.Secret)
	h2.Write(append([]byte{0, 32}, h.Sum(nil)...))
	h2.Write(a)
	h2.Write([]byte("\x03key\x07example\x00" + "\x00\xff" + "\x00\x00\x00\x00" + "\x0bhmac-sha256\x00" + "\x00\x00\x65\x53\xf1\x00" + "\x01\x2c" + "\x00\x00" + "\x00\x00"))
	mac := h2.Sum(nil)
	if got := s.Sign(bytes.Clone(a), now); !bytes.Contains(got, mac) {
		t.Error("answer")
	}
	h3 := hmac.New(sha256.New, k.Secret) // RFC 8945 section 5.3.1: further messages have the timers only
	h3.Write(append([]byte{0, 32}, mac...))
	h3.Write(a)
	h3.Write([]byte("\x00\x00\x65\x53\xf1\x00\x01\x2c"))
	if got := s.Sign(bytes.Clone(a), now); !bytes.Contains(got, h3.Sum(nil)) {
		t.Error("second message of the answer")
	}
}

func TestExchange(t *testing.T) {
	for _, algorithm := range []dns.Name{SHA1, SHA256, SHA384, SHA512} {
		k := testKey(algorithm)
		client, server := Session{Key: k}, Session{Key: k}
		q := testQuery(t)
		signed := client.Sign(bytes.Clone(q), now)
		if key, is := (Keys{*testKey("\x01x\x00"), *k}).Find(signed); !is || !key.Name.Equal(k.Name) || key.Algorithm != algorithm {
			t.Fatal(key, is)
		}
		if got, err := server.Verify(signed, now.Add(299*time.Second)); err != nil || !bytes.Equal(got, q) {
			t.Fatalf("%x, %v", got, err)
		}
		for i := range 300 { // RFC 8945 section 5.3.1: not every message has to be signed
			m := bytes.Clone(q)
			m[3] = byte(i)
			if i%100 != 0 {
				server.digest = server.begin()
				server.digest.Write(m)
			} else {
				m = server.Sign(m, now)
			}
			got, err := client.Verify(m, now)
			if err != nil || got[3] != byte(i) || client.Complete() != (i%100 == 0) {
				t.Fatal(i, err)
			}
		}
		if _, err := client.Verify(q, now); err != ErrUnsigned {
			t.Error("a hundred unsigned messages", err)
		}
	}
}

// RFC 8945 section 5.2: what is not accepted, and what the server answers.
func TestRefused(t *testing.T) {
	k := testKey(SHA256)
	sign := func() []byte { return (&Session{Key: k}).Sign(testQuery(t), now) }
	other := testKey(SHA256)
	other.Secret = []byte("other")
	named := testKey(SHA256)
	named.Name = dns.MustParseName("other.example")
	changed := sign()
	changed[13] ^= 1
	short := sign()
	short = append(short[:len(short)-6-16], short[len(short)-6:]...)
	short[len(short)-6-16-1] = 16
	short[len(testQuery(t))+13+9] -= 16
	for _, c := range []struct {
		name string
		msg  []byte
		key  *Key
		now  time.Time
		want error
		code byte
	}{
		{"no signature", testQuery(t), k, now, ErrUnsigned, 0},
		{"another secret: section 5.2.2", sign(), other, now, ErrMAC, 16},
		{"changed: section 5.2.2", changed, k, now, ErrMAC, 16},
		{"shortened: section 5.2.4", short, k, now, ErrMAC, 16},
		{"another name: section 5.2.1", sign(), named, now, ErrKey, 17},
		{"late: section 5.2.3", sign(), k, now.Add(301 * time.Second), ErrTime, 18},
		{"early: section 5.2.3", sign(), k, now.Add(-301 * time.Second), ErrTime, 18},
		{"cut", sign()[:60], k, now, ErrFormat, 0},
	} {
		s := Session{Key: c.key}
		if _, err := s.Verify(c.msg, c.now); err != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		b := s.Reject(c.msg, c.want, c.now)
		if c.code == 0 {
			if b != nil {
				t.Errorf("%s: %x", c.name, b)
			}
			continue
		}
		r, err := find(b)
		if err != nil || byte(r.err) != c.code || dns.Rcode(b[3]&15) != dns.RcodeNotAuth || (c.code == 18) != (len(r.mac) == 32 && len(r.other) == 6) {
			t.Errorf("%s: %x, %+v", c.name, b, r)
		}
	}
}

// RFC 8945 section 5.2: the ID that was signed is the original one.
func TestForwarded(t *testing.T) {
	k := testKey(SHA512)
	signed := (&Session{Key: k}).Sign(testQuery(t), now)
	signed[0] = 0xff
	if got, err := (&Session{Key: k}).Verify(signed, now); err != nil || got[0] != 0xff {
		t.Error(err)
	}
}

func FuzzVerify(f *testing.F) {
	k := testKey(SHA256)
	f.Add((&Session{Key: k}).Sign(testQuery(f), now))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Session{Key: k}
		if body, err := s.Verify(b, now); err == nil {
			client := Session{Key: k}
			again := client.Sign(bytes.Clone(body), now)
			if got, err := (&Session{Key: k}).Verify(again, now); err != nil || !bytes.Equal(got, body) {
				t.Errorf("%x: %v", b, err)
			}
		} else {
			s.Reject(b, err, now)
		}
	})
}
