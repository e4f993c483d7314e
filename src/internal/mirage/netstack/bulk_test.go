//go:build linux && !mirage

package netstack

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// badLines are those of TestBulkLinux, with how many octets go over each: few, for the time is real, unless the environment
// has MIRAGE_BULK.
var badLines = []struct {
	name                 string
	loss, reorder, count int
}{
	{"0%", 0, 0, 2 << 20},
	{"1%", 10, 0, 1 << 20},
	{"5%", 50, 0, 256 << 10},
	{"20%", 200, 0, 32 << 10},
	{"reordered", 0, 100, 1 << 20},
}

// TestBulkLinux: over a line that loses 0, 1, 5 and 20 % data goes intact between us and Linux, in both directions, and, to
// compare, between Linux and Linux.
func TestBulkLinux(t *testing.T) {
	if !enter(t) {
		return
	}
	for _, b := range badLines {
		l := longLine{rate: 12_500_000, delay: 5 * time.Millisecond, loss: b.loss, reorder: b.reorder, queue: 1000, seed: 1}
		if s := os.Getenv("MIRAGE_BULK"); s != "" {
			var err error
			b.count, err = strconv.Atoi(s)
			must(t, err)
		}
		for _, c := range []struct {
			name     string
			from, to func(t *testing.T, last byte) side
		}{{"Linux to Linux", linuxSide, linuxSide}, {"Linux to us", linuxSide, ourSide}, {"us to Linux", ourSide, linuxSide}} {
			t.Run(b.name+"/"+c.name, func(t *testing.T) {
				from, to := c.from(t, 1), c.to(t, 2)
				l.between(t, from.cable(), to.cable())
				from.start(t)
				to.start(t)
				took := move(t, from, to, b.count)
				t.Logf("%d octets in %.2f s, %.2f Mbit/s", b.count, took.Seconds(), float64(b.count)*8e-6/took.Seconds())
			})
		}
	}
}

// move sends octets from one side to the other, which compares them with what they must be, and returns how long it took.
func move(t *testing.T, from, to side, size int) time.Duration {
	accept := to.listen(t)
	done := make(chan time.Duration)
	go func() {
		c := accept()
		defer c.Close()
		begun := time.Now()
		if n, err := same(c); n != size || err != io.EOF {
			t.Errorf("%d of %d octets came intact: %v", n, size, err)
		}
		done <- time.Since(begun)
	}()
	c := from.dial(t, 2)
	source := rand.NewChaCha8([32]byte{5})
	buf := make([]byte, 64<<10)
	for left := size; left > 0; left -= len(buf) {
		buf = buf[:min(left, len(buf))]
		source.Read(buf)
		if _, err := c.Write(buf); err != nil {
			t.Error(err)
			break
		}
	}
	c.Close()
	return <-done
}

// same reads to the end, and returns how many octets came before the first that was wrong, and the error that ended them.
func same(r io.Reader) (n int, err error) {
	source := rand.NewChaCha8([32]byte{5})
	buf, want := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		k, err := r.Read(buf)
		source.Read(want[:k])
		if !bytes.Equal(buf[:k], want[:k]) {
			return n, errors.New("others than were sent")
		}
		if n += k; err != nil {
			return n, err
		}
	}
}
