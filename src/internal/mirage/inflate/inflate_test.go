//go:build !mirage

package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"io"
	"math/rand"
	"testing"
)

// samples are data of all kinds that deflate treats differently.
func samples() [][]byte {
	r := rand.New(rand.NewSource(1))
	random := make([]byte, 100000)
	r.Read(random)
	few := make([]byte, 200000)
	for i := range few {
		few[i] = "abcd    "[r.Intn(8)]
	}
	return [][]byte{nil, []byte("a"), []byte("hello, hello, hello, hello"), make([]byte, 1<<20), random, few,
		append(bytes.Clone(random), random[:40000]...)}
}

func packed(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func TestGzip(t *testing.T) {
	for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.DefaultCompression, flate.BestCompression, flate.HuffmanOnly} {
		for i, data := range samples() {
			b := packed(t, data, level)
			out, n, what := Gzip(append(b, "behind"...), 1<<21)
			if what != "" || n != len(b) || !bytes.Equal(out, data) {
				t.Errorf("sample %d at level %d: %d bytes of %d, %q", i, level, n, len(b), what)
			}
			if _, _, what = Gzip(b, len(data)-1); len(data) > 0 && what != unbounded {
				t.Errorf("sample %d at level %d over the limit: %q", i, level, what)
			}
		}
	}
}

// What is damaged or cut off is an error, wherever that is, unless it means the same.
func TestDamaged(t *testing.T) {
	data := samples()[5][:3000]
	b := packed(t, data, flate.DefaultCompression)
	for i := range b {
		if _, _, what := Gzip(b[:i], 1<<20); what == "" {
			t.Errorf("cut at %d: no error", i)
		}
	}
	for i := 10 + 2 + 5 + 5 + 8; i < len(b); i++ { // behind the header, which has no checksum
		bad := bytes.Clone(b)
		bad[i] ^= 0x10
		if out, _, what := Gzip(bad, 1<<20); what == "" && !bytes.Equal(out, data) {
			t.Errorf("byte %d is wrong: no error", i)
		}
	}
}

// FuzzInflate compares with package compress/flate.
func FuzzInflate(f *testing.F) {
	for _, data := range samples() {
		for level := -2; level <= 9; level += 3 {
			b := packed(f, data[:min(len(data), 2000)], level)
			f.Add(b[headerSize : len(b)-trailerSize])
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 1 << 20
		r := &reader{in: in, limit: limit}
		what := r.inflate()
		want, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(in)), limit+1))
		if len(want) > limit {
			if what == "" {
				t.Fatalf("%d bytes of more than %d", len(r.out), limit)
			}
			return
		}
		if (what == "") != (err == nil) || err == nil && !bytes.Equal(r.out, want) {
			t.Fatalf("%q, %d bytes; flate says %v, %d bytes", what, len(r.out), err, len(want))
		}
	})
}

func FuzzGzip(f *testing.F) {
	f.Add(packed(f, []byte("hello"), 9))
	f.Fuzz(func(t *testing.T, in []byte) { Gzip(in, 1<<20) })
}
