//go:build !mirage

package emmc

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// A slot is a model of the controller with a card in it: it does one command after the other, notes what is wanted alone, and
// checks what a driver must do (5.2; SD Host Controller Simplified Specification 3.00, 2.2).
type slot struct {
	t     *testing.T
	old   bool // a card of before 2.00, addressed by bytes
	none  bool // no card
	store []byte

	regs   [size / 4]uint32
	app    bool // the next command is an application's
	state  uint32
	powers int // questions until the card has powered up
	at     int // of the transfer under way
	left   int // blocks
	word   int // of the block
	toHost bool
	fail   map[int]int // blocks that fail, and how often
}

func (s *slot) space() *mmiotest.Model {
	return &mmiotest.Model{Length: size, Read: s.read, Write: s.write}
}

func (s *slot) note(bits uint32) { s.regs[happened/4] |= bits & s.regs[wanted/4] }

func (s *slot) read(off uintptr, width int) uint32 {
	if width != 4 {
		s.t.Errorf("a read of %d bytes", width)
	}
	switch off {
	case uintptr(data):
		if !s.toHost || s.left == 0 {
			s.t.Fatal("data is read that is not there")
		}
		b := s.store[s.at:]
		s.advance()
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
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
		if s.toHost || s.left == 0 {
			s.t.Fatal("data is written that is not wanted")
		}
		copy(s.store[s.at:], []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
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
	s.at += 4
	if s.word += 4; s.word < blockSize {
		return
	}
	s.word = 0
	if s.left--; s.left == 0 {
		s.state = stateTransfer
		s.note(dataDone)
		return
	}
	s.ready()
}

// ready says that the next block can be moved, or that it fails.
func (s *slot) ready() {
	if block := s.at / blockSize; s.fail[block] > 0 {
		s.fail[block]--
		s.note(anyError | 1<<21)
		return
	}
	if s.toHost {
		s.note(readReady)
	} else {
		s.note(writeReady)
	}
}

func (s *slot) answer(v ...uint32) {
	copy(s.regs[response/4:], v)
	s.note(commandDone)
}

func (s *slot) command(what, arg uint32) {
	if s.regs[control1/4]&clockCard == 0 || s.regs[control0/4]&power == 0 {
		s.t.Fatal("a command without clock or power")
	}
	wasApp := s.app
	s.app = false
	if s.none && what != goIdle {
		s.note(anyError | errorTimeout)
		return
	}
	if what&hasData != 0 && s.left > 0 {
		s.t.Error("a transfer while there is one")
	}
	switch {
	case what == goIdle:
		s.state = 0
		s.note(commandDone)
	case what == sendIfCond && s.old:
		s.note(anyError | errorTimeout)
	case what == sendIfCond:
		s.answer(arg & 0xfff)
	case what == appCommand:
		s.app = true
		s.answer(s.state << stateShift)
	case wasApp && what == appOpCond:
		if s.old && arg&highCapacity != 0 {
			s.t.Error("an old card is asked for high capacity")
		}
		if s.powers++; s.powers < 3 {
			s.answer(voltages)
		} else if s.old {
			s.answer(ready | voltages)
		} else {
			s.answer(ready | voltages | highCapacity)
		}
	case what == allSendCID:
		s.answer(1, 2, 3, 4)
	case what == sendAddress:
		s.answer(0x1234<<16 | 0xe000) // bits of an R6 that in an R1 are errors
	case what == sendCSD && arg == 0x12340000:
		s.answer(s.csd()...)
	case what == selectCard && arg == 0x12340000:
		s.state = stateTransfer
		s.answer(0)
	case wasApp && what == appBusWidth && arg == 2, what == setBlockLen && arg == blockSize:
		s.answer(s.state << stateShift)
	case what == sendStatus && arg == 0x12340000:
		s.answer(s.state<<stateShift | readyForData)
	case what == readBlocks || what == writeBlocks:
		s.transfer(what, arg)
	case what>>indexShift == 12:
		s.left, s.state = 0, stateTransfer
		s.answer(0)
	default:
		s.t.Errorf("command %#x, argument %#x", what, arg)
		s.note(anyError | errorTimeout)
	}
}

// csd is a card's of the size of store, without its last eight bits.
func (s *slot) csd() []uint32 {
	if !s.old {
		return []uint32{0, uint32(len(s.store)/(512<<10)-1) << 8, 0, 1 << 22}
	}
	// READ_BL_LEN 9, C_SIZE_MULT 7: 512 << 9 bytes a unit.
	n := uint32(len(s.store)/(512<<9) - 1)
	return []uint32{0, n<<(62-8-32) | 7<<(47-8-32), n>>10 | 9<<(80-8-64), 0}
}

func (s *slot) transfer(what, arg uint32) {
	s.at = int(arg)
	if !s.old {
		s.at *= blockSize
	}
	s.left, s.word, s.toHost = int(s.regs[blocks/4]>>16), 0, what&toHost != 0
	if s.regs[blocks/4]&0x3ff != blockSize || s.left == 0 || s.at+s.left*blockSize > len(s.store) {
		s.t.Fatalf("%d blocks at %d", s.left, s.at)
	}
	s.answer(s.state << stateShift)
	s.ready()
}

func TestCard(t *testing.T) {
	for _, old := range []bool{false, true} {
		s := &slot{t: t, old: old, store: make([]byte, 4<<20)}
		c, err := Open(s.space(), 250_000_000)
		if err != nil {
			t.Fatal(err)
		}
		if g := c.Geometry(); g.Size != 4<<20 || g.Sector != 512 {
			t.Errorf("old %v: %+v", old, g)
		}
		if v := s.regs[control1/4]; v>>8&0xff != 5 || s.regs[control0/4]&wide == 0 {
			t.Errorf("control registers %#x %#x: not 25 MHz, or not four bits", s.regs[control0/4], v)
		}
		p := make([]byte, 300*blockSize)
		for i := range p {
			p[i] = byte(i * 11)
		}
		if err := c.WriteAt(p, 7*blockSize); err != nil || c.Flush() != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(p))
		if err := c.ReadAt(got, 7*blockSize); err != nil || !bytes.Equal(got, p) || !bytes.Equal(s.store[7*blockSize:][:len(p)], p) {
			t.Errorf("old %v: what was written is not what is read: %v", old, err)
		}
		for _, bad := range []struct {
			off int64
			n   int
		}{{1, 512}, {0, 100}, {-512, 512}, {4<<20 - 512, 1024}, {4 << 20, 512}} {
			if err := c.ReadAt(make([]byte, bad.n), bad.off); err != device.ErrRange {
				t.Errorf("%v: %v", bad, err)
			}
		}
	}
}

// A block that fails is moved again; one that always fails is an error of that request alone.
func TestErrors(t *testing.T) {
	s := &slot{t: t, store: make([]byte, 4<<20), fail: map[int]int{5: 2, 9: 100}}
	c, err := Open(s.space(), 50_000_000)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4*blockSize)
	if err := c.ReadAt(p, 4*blockSize); err != nil {
		t.Errorf("a block that fails twice: %v", err)
	}
	if err := c.WriteAt(p, 8*blockSize); err != device.ErrIO {
		t.Errorf("a block that always fails: %v", err)
	}
	if err := c.WriteAt(p, 16*blockSize); err != nil {
		t.Errorf("another block: %v", err)
	}
}

func TestNoCard(t *testing.T) {
	if _, err := Open((&slot{t: t, none: true}).space(), 50_000_000); err != ErrNone {
		t.Error(err)
	}
}

// Whatever a card says of its size, nothing overflows: PL, 5.3.
func FuzzCapacity(f *testing.F) {
	f.Add(uint32(0), uint32(0), uint32(0), uint32(1<<22))
	f.Fuzz(func(t *testing.T, a, b, c, d uint32) {
		if n := capacity([4]uint32{a, b, c, d}); n < 0 || n%blockSize != 0 || n > 1<<42 {
			t.Errorf("%d bytes", n)
		}
	})
}
