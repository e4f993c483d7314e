//go:build !mirage

package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"internal/mirage/device"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// send puts a frame on a card.
func send(t testing.TB, n device.NIC, b []byte) {
	t.Helper()
	f := n.Alloc(len(b))
	if f == nil {
		t.Fatal("no frame")
	}
	copy(f.Bytes, b)
	n.Transmit(f)
	n.Flush()
}

// collect makes a card's frames go to a list.
func collect(n device.NIC) *[][]byte {
	got := new([][]byte)
	n.Receive(func(f *device.Frame) { *got = append(*got, bytes.Clone(f.Bytes)) })
	return got
}

func numbered(n int) []byte { return binary.BigEndian.AppendUint32(make([]byte, 60), uint32(n)) }

func TestChannel(t *testing.T) {
	a, b := NewPair(ChannelConfig{})
	toA, toB := collect(a), collect(b)
	for n := range 10 {
		send(t, a, numbered(n))
		send(t, b, numbered(100+n))
	}
	if a.Deliver(0) != 10 || b.Deliver(0) != 10 || b.Deliver(0) != 0 {
		t.Error("Deliver")
	}
	for n := range 10 {
		if !bytes.Equal((*toB)[n], numbered(n)) || !bytes.Equal((*toA)[n], numbered(100+n)) {
			t.Fatalf("frame %d", n)
		}
	}
	// No more than Frames are under way; all come back.
	for range 3 {
		n := 0
		for ; n < 1000; n++ {
			f := a.Alloc(100)
			if f == nil {
				break
			}
			a.Transmit(f)
		}
		if n != 256 || b.Deliver(0) != 256 {
			t.Errorf("%d frames were under way", n)
		}
	}
	f := a.Alloc(1500)
	f.Bytes = f.Bytes[:20] // cut shorter
	a.Transmit(f)
	if b.Deliver(0); len((*toB)[len(*toB)-1]) != 20 {
		t.Error("not cut")
	}
}

func TestChannelFaults(t *testing.T) {
	const frames = 20000
	run := func(fault Fault) (got [][]byte) {
		a, b := NewPair(ChannelConfig{Fault: fault})
		all := collect(b)
		for n := range frames {
			send(t, a, numbered(n))
			if n%10 == 9 {
				b.Deliver(0)
			}
		}
		b.Deliver(0)
		return *all
	}
	number := func(b []byte) int { return int(binary.BigEndian.Uint32(b[60:])) }
	about := func(what string, got int) {
		t.Helper()
		if got < frames/10*8/10 || got > frames/10*12/10 {
			t.Errorf("%s: %d of %d, want about a tenth", what, got, frames)
		}
	}
	about("lost", frames-len(run(Fault{Loss: 100, Seed: 1})))
	about("doubled", len(run(Fault{Duplicate: 100, Seed: 1}))-frames)
	late := 0
	all := run(Fault{Reorder: 100, Seed: 1})
	for i := 1; i < len(all); i++ {
		if number(all[i]) < number(all[i-1]) {
			late++
		}
	}
	about("out of order", late+late/9) // the first of each batch cannot be
	if len(all) != frames {
		t.Errorf("%d frames when only their order changes", len(all))
	}
	wrong := 0
	for i, b := range run(Fault{Corrupt: 100, Seed: 1}) {
		bits := 0
		for k, o := range numbered(i) {
			for x := o ^ b[k]; x != 0; x &= x - 1 {
				bits++
			}
		}
		if bits > 1 {
			t.Fatalf("%d bits of one frame", bits)
		}
		wrong += bits
	}
	about("corrupted", wrong)
	mixed := Fault{Loss: 50, Duplicate: 50, Reorder: 50, Corrupt: 50, Seed: 7}
	if !slices.EqualFunc(run(mixed), run(mixed), bytes.Equal) {
		t.Error("the same seed gives other faults")
	}
	other := mixed
	if other.Seed++; slices.EqualFunc(run(mixed), run(other), bytes.Equal) {
		t.Error("another seed gives the same faults")
	}
}

func TestChannelDelay(t *testing.T) {
	now := int64(100)
	a, b := NewPair(ChannelConfig{Fault: Fault{Delay: 50}, Now: func() int64 { return now }})
	got := collect(b)
	send(t, a, numbered(1))
	now = 120
	send(t, a, numbered(2))
	if due, waiting := b.Next(); !waiting || due != 150 || b.Deliver(149) != 0 || b.Deliver(150) != 1 || b.Deliver(170) != 1 || len(*got) != 2 {
		t.Errorf("due at %d, %d came", due, len(*got))
	}
	if _, waiting := b.Next(); waiting {
		t.Error("more")
	}
}

func TestChannelStart(t *testing.T) {
	a, b := NewPair(ChannelConfig{})
	came := make(chan int, 1000)
	b.Receive(func(f *device.Frame) { came <- len(f.Bytes) })
	stop := b.Start()
	for n := range 100 {
		send(t, a, make([]byte, n))
	}
	for n := range 100 {
		if got := <-came; got != n {
			t.Fatalf("%d octets, want %d", got, n)
		}
	}
	stop()
}

func TestLoopback(t *testing.T) {
	l := NewLoopback()
	came := make(chan []byte, 2000)
	l.Receive(func(f *device.Frame) {
		came <- bytes.Clone(f.Bytes)
		if len(f.Bytes) == 1 { // sending while receiving
			send(t, l, []byte{2, 2})
		}
	})
	send(t, l, []byte{1})
	if b := <-came; len(b) != 1 {
		t.Error(b)
	}
	if b := <-came; len(b) != 2 {
		t.Error(b)
	}
	var held []*device.Frame
	for f := l.Alloc(65550); f != nil; f = l.Alloc(65550) {
		if held = append(held, f); len(held) > 2000 {
			t.Fatal("no bound")
		}
	}
	if l.pool.octets > maxOctets || len(held) < 50 {
		t.Errorf("%d frames of %d octets in all", len(held), l.pool.octets)
	}
	for _, f := range held {
		l.Discard(f)
	}
	if l.pool.octets > maxStore {
		t.Errorf("%d octets are kept", l.pool.octets)
	}
}

func TestPcap(t *testing.T) {
	var file bytes.Buffer
	w := NewPcapWriter(&file)
	r := rand.New(rand.NewPCG(9, 9))
	var want [][]byte
	for n := range 50 {
		b := make([]byte, r.IntN(2000))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		if err := w.Write(int64(n)*1e9+int64(n), b); err != nil {
			t.Fatal(err)
		}
		want = append(want, b)
	}
	whole := bytes.Clone(file.Bytes())
	p, err := NewPcapReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	for n, b := range want {
		got, at, err := p.Next()
		if err != nil || at != int64(n)*1e9+int64(n) || !bytes.Equal(got, b) {
			t.Fatalf("frame %d at %d: %v", n, at, err)
		}
	}
	if _, _, err := p.Next(); err != io.EOF {
		t.Error(err)
	}
	p, _ = NewPcapReader(bytes.NewReader(whole[:len(whole)-1]))
	for err = nil; err == nil; {
		_, _, err = p.Next()
	}
	if !errors.Is(err, ErrPcapTruncated) {
		t.Error(err)
	}
}

// A file with microseconds in the other byte order, as tcpdump writes it on a big-endian machine.
func TestPcapBigEndian(t *testing.T) {
	b := binary.BigEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 1)
	b = append(b, 0, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0, 3, 'a', 'b', 'c')
	p, err := NewPcapReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if got, at, err := p.Next(); string(got) != "abc" || at != 5e9+7e3 || err != nil {
		t.Errorf("%q at %d: %v", got, at, err)
	}
	b[23] = 101 // raw IP
	if _, err := NewPcapReader(bytes.NewReader(b)); err != ErrPcapFormat {
		t.Error(err)
	}
}

func TestCaptureAndReplay(t *testing.T) {
	var file bytes.Buffer
	a, b := NewPair(ChannelConfig{})
	c := NewCapture(b, NewPcapWriter(&file), func() int64 { return 42e9 })
	got := collect(c)
	send(t, a, numbered(1))
	b.Deliver(0)
	send(t, c, numbered(2))
	if len(*got) != 1 || a.Deliver(0) != 1 {
		t.Fatal("not passed on")
	}
	var sent bytes.Buffer
	in, err := NewPcapReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReplay(in, NewPcapWriter(&sent), [6]byte{2, 0, 0, 0, 0, 9})
	r.Receive(func(f *device.Frame) { send(t, r, f.Bytes) })
	for n := 1; n <= 2; n++ {
		if at, err := r.Step(); at != 42e9 || err != nil {
			t.Fatal(at, err)
		}
	}
	if _, err := r.Step(); err != io.EOF {
		t.Error(err)
	}
	back, _ := NewPcapReader(&sent)
	for n := 1; n <= 2; n++ {
		if f, at, err := back.Next(); !bytes.Equal(f, numbered(n)) || at != 42e9 {
			t.Errorf("frame %d at %d: %v", n, at, err)
		}
	}
}

func FuzzPcapReader(f *testing.F) {
	var file bytes.Buffer
	w := NewPcapWriter(&file)
	w.Write(1e9, numbered(1))
	w.Write(2e9, nil)
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := NewPcapReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		for total := 0; ; {
			frame, _, err := p.Next()
			if err != nil {
				return
			}
			if total += pcapRecordLen + len(frame); total > len(b) {
				t.Fatalf("%d octets out of %d", total, len(b))
			}
		}
	})
}
