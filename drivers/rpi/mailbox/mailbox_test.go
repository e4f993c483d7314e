//go:build !mirage

package mailbox

import (
	"internal/mirage/dma"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// A gpu is the other side: wiki, "Accessing mailboxes". It answers after it has been asked for its status some times.
type gpu struct {
	t       *testing.T
	pending []uint32 // what is in mailbox 0
	delay   int      // reads of a status until there is an answer
	noise   bool     // another channel's message comes first
	answer  func(m *dma.Memory, off int)
}

func (g *gpu) space() *mmiotest.Model {
	return &mmiotest.Model{Length: size, Read: g.read, Write: g.write}
}

func (g *gpu) read(off uintptr, width int) uint32 {
	switch {
	case width != 4:
		g.t.Errorf("a read of %d bytes", width)
	case off == uintptr(status1):
		return 0
	case off == uintptr(status0):
		if g.delay > 0 {
			g.delay--
			return empty
		}
		if len(g.pending) == 0 {
			return empty
		}
		return 0
	case off == uintptr(read):
		if len(g.pending) == 0 || g.delay > 0 {
			g.t.Error("read while the mailbox is empty")
			return 0
		}
		v := g.pending[0]
		g.pending = g.pending[1:]
		return v
	}
	g.t.Errorf("a read of %#x", off)
	return 0
}

func (g *gpu) write(off uintptr, width int, v uint32) {
	if off != uintptr(write) || width != 4 {
		g.t.Fatalf("a write of %#x", off)
	}
	if v&15 != channelProperty || v>>30 != 3 {
		g.t.Errorf("message %#x: not of the property channel, or not at the bus address that is not cached", v)
	}
	m, at := dma.At(uint64(v&^15&^0xc0000000), 28)
	if m == nil {
		g.t.Fatalf("message %#x is not in memory", v)
	}
	if m.Load32(at+wordCode) != 0 || m.Load32(at+wordAnswered) != 0 || m.Load32(at+wordSize)%4 != 0 || m.Load32(at+int(m.Load32(at+wordSize))-4) != 0 {
		g.t.Error("the buffer is no request, or has no end tag")
	}
	if g.answer != nil {
		g.answer(m, at)
	}
	if g.noise {
		g.pending = append(g.pending, 0x12345671)
	}
	g.pending = append(g.pending, v)
}

func TestProperty(t *testing.T) {
	g := &gpu{t: t, delay: 3, noise: true, answer: func(m *dma.Memory, at int) {
		if m.Load32(at+wordTag) != TagTemperature || m.Load32(at+wordRoom) != 8 || m.Load32(at+wordValues) != 7 {
			t.Error("the request is not as it was made")
		}
		m.Store32(at+wordValues+4, 48312)
		m.Store32(at+wordAnswered, tagAnswered|8)
		m.Store32(at+wordCode, codeSuccess)
	}}
	m, err := Open(g.space(), 0xc0000000)
	if err != nil {
		t.Fatal(err)
	}
	v := []uint32{7, 0}
	if err := m.Property(TagTemperature, v); err != nil || v[1] != 48312 {
		t.Fatal(v, err)
	}
}

// A tag that the firmware does not know stays without bit 31; a request that it cannot read has another code.
func TestUnknownProperty(t *testing.T) {
	for _, code := range []uint32{codeSuccess, codeSuccess | 1, 0} {
		g := &gpu{t: t, answer: func(m *dma.Memory, at int) { m.Store32(at+wordCode, code) }}
		m, _ := Open(g.space(), 0xc0000000)
		if err := m.Property(1, make([]uint32, 2)); err != errTag {
			t.Errorf("code %#x: %v", code, err)
		}
	}
	g := &gpu{t: t, answer: func(m *dma.Memory, at int) {
		m.Store32(at+wordCode, codeSuccess)
		m.Store32(at+wordAnswered, tagAnswered)
	}}
	m, _ := Open(g.space(), 0xc0000000)
	if err := m.Property(1, make([]uint32, 2)); err != errTag {
		t.Errorf("an answer without values: %v", err)
	}
	if err := m.Property(1, make([]uint32, maxValues+1)); err != errValues {
		t.Error(err)
	}
}

// A firmware that never answers is not asked again: what it might still write goes to memory that nobody uses.
func TestSilence(t *testing.T) {
	g := &gpu{t: t, delay: 1 << 30}
	m, _ := Open(g.space(), 0xc0000000)
	if err := m.Property(1, nil); err != errSilent {
		t.Error(err)
	}
	g.delay = 0
	if err := m.Property(1, nil); err != errSilent {
		t.Error(err)
	}
}

// A firmware that says much else, and never answers, is as one that is silent.
func TestRubbish(t *testing.T) {
	for others, want := range map[int]error{depth: nil, depth + 1: errSilent} {
		g := &gpu{t: t, answer: func(m *dma.Memory, at int) {
			m.Store32(at+wordCode, codeSuccess)
			m.Store32(at+wordAnswered, tagAnswered)
		}}
		m, _ := Open(g.space(), 0xc0000000)
		for range others {
			g.pending = append(g.pending, 0x12345678)
		}
		if err := m.Property(1, nil); err != want {
			t.Errorf("behind %d messages: %v", others, err)
		}
	}
}
