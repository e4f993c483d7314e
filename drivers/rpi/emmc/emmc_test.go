//go:build !mirage

package emmc

import (
	goerrors "errors"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/rpi/sd"
	"internal/mirage/drivers/rpi/sd/sdtest"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// A slot is a model of the controller with a card in it: it does one command after the other, notes what is wanted alone, stops the
// card after the last block, and checks what a driver must do (5.2; SD Host Controller Simplified Specification 3.00, 2.2).
type slot struct {
	t    *testing.T
	card *sdtest.Card
	regs [size / 4]uint32
	left int // blocks of the transfer under way
	word int // octets of the block
}

func (s *slot) note(bits uint32) { s.regs[happened/4] |= bits & s.regs[wanted/4] }

func (s *slot) read(off uintptr, width int) uint32 {
	if width != 4 {
		s.t.Errorf("a read of %d bytes", width)
	}
	switch off {
	case uintptr(data):
		v := s.card.Read()
		s.advance()
		return v
	case uintptr(status):
		if s.left > 0 {
			return statusData
		}
		return 0
	case uintptr(control1):
		v := s.regs[control1/4]
		s.regs[control1/4] &^= resetAll | resetCommand | resetData
		if v&clockInternal != 0 {
			v |= clockStable
		}
		return v
	}
	return s.regs[off/4]
}

func (s *slot) write(off uintptr, width int, v uint32) {
	if width != 4 {
		s.t.Errorf("a write of %d bytes", width)
	}
	switch off {
	case uintptr(happened):
		s.regs[off/4] &^= v
	case uintptr(data):
		s.card.Write(v)
		s.advance()
	case uintptr(command):
		s.regs[off/4] = v
		s.command(v, s.regs[argument/4])
	case uintptr(control1):
		old := s.regs[off/4]
		if old&clockCard != 0 && (old^v)&0xffc0 != 0 && v&clockCard != 0 {
			s.t.Error("the clock changes while it runs")
		}
		if v&(resetAll|resetData) != 0 {
			s.left = 0
		}
		s.regs[off/4] = v
	case uintptr(response), uintptr(status):
		s.t.Errorf("a write of %#x, which can only be read", off)
	default:
		s.regs[off/4] = v
	}
}

// advance goes a word on.
func (s *slot) advance() {
	if s.word += 4; s.word < sd.BlockSize {
		return
	}
	s.word = 0
	if s.left--; s.left > 0 {
		s.ready()
		return
	}
	s.card.Command(sd.Stop.Index, 0) // autoStop
	s.note(dataDone)
}

// ready says that the next block can be moved, or that it fails.
func (s *slot) ready() {
	switch {
	case s.card.Fails():
		s.note(anyError | 1<<21)
	case s.regs[command/4]&toHost != 0:
		s.note(readReady)
	default:
		s.note(writeReady)
	}
}

func (s *slot) command(what, arg uint32) {
	if s.regs[control1/4]&clockCard == 0 || s.regs[control0/4]&power == 0 {
		s.t.Fatal("a command without clock or power")
	}
	if what&hasData != 0 && s.left > 0 {
		s.t.Error("a transfer while there is one")
	}
	answer, ok := s.card.Command(uint8(what>>indexShift), arg)
	if !ok {
		s.note(anyError | errorTimeout)
		return
	}
	copy(s.regs[response/4:], answer[:])
	s.note(commandDone)
	if what&hasData != 0 {
		n := s.regs[blocks/4]
		if n&0x3ff != sd.BlockSize || n>>16 == 0 || what&(manyBlocks|countBlocks|autoStop) != manyBlocks|countBlocks|autoStop {
			s.t.Fatalf("%#x blocks, command %#x", n, what)
		}
		s.left, s.word = int(n>>16), 0
		s.ready()
	}
}

func TestCard(t *testing.T) {
	sdtest.Try(t, func(card *sdtest.Card) sd.Host {
		s := &slot{t: t, card: card}
		h, err := Open(&mmiotest.Model{Length: size, Read: s.read, Write: s.write}, 250_000_000)
		if err != nil {
			t.Fatal(err)
		}
		return h
	})
}

// engine moves words as a DMA channel does, at the card's pace.
func (s *slot) engine(h *Host) Engine {
	return func(m *dma.Memory, n int, toMemory bool) error {
		for off := 0; off < n; off += 4 {
			switch {
			case s.regs[happened/4]&errors != 0:
				return goerrors.New("no more requests")
			case toMemory:
				m.Store32(off, s.read(uintptr(data), 4))
			default:
				s.write(uintptr(data), 4, m.Load32(off))
			}
		}
		return nil
	}
}

// With a DMA channel all is the same.
func TestCardWithEngine(t *testing.T) {
	sdtest.Try(t, func(card *sdtest.Card) sd.Host {
		s := &slot{t: t, card: card}
		h, err := Open(&mmiotest.Model{Length: size, Read: s.read, Write: s.write}, 250_000_000)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Use(s.engine(h)); err != nil {
			t.Fatal(err)
		}
		return h
	})
}

// A channel that fails is not used again, which is said once; a card that fails is no reason for that.
func TestEngineFails(t *testing.T) {
	said := 0
	device.SetReporter(func(string, error) { said++ })
	defer device.SetReporter(func(string, error) {})
	s := &slot{t: t, card: &sdtest.Card{T: t, Store: make([]byte, 4<<20), Fail: map[int]int{1: 1}}}
	h, _ := Open(&mmiotest.Model{Length: size, Read: s.read, Write: s.write}, 250_000_000)
	works := s.engine(h)
	broken := false
	h.Use(func(m *dma.Memory, n int, toMemory bool) error {
		if broken {
			return goerrors.New("broken")
		}
		return works(m, n, toMemory)
	})
	c, err := sd.Open(h)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4*sd.BlockSize)
	if err := c.ReadAt(p, 0); err != nil || h.engine == nil || said != 0 {
		t.Errorf("a block that fails once: %v, %d words", err, said)
	}
	broken = true
	for range 2 {
		if err := c.WriteAt(p, 0); err != nil || h.engine != nil || said != 1 {
			t.Errorf("a channel that fails: %v, %d words", err, said)
		}
	}
}

// A clock is no faster than was asked for.
func TestClock(t *testing.T) {
	s := &slot{t: t}
	h, _ := Open(&mmiotest.Model{Length: size, Read: s.read, Write: s.write}, 250_000_000)
	for hz, want := range map[uint32]uint32{25_000_000: 5, 400_000: 313} {
		h.SetClock(hz)
		v := s.regs[control1/4]
		if got := v>>8&0xff | v>>6&3<<8; got != want {
			t.Errorf("%d Hz: divisor %d, want %d", hz, got, want)
		}
	}
}
