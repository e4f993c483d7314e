//go:build !mirage

package sdhost

import (
	"internal/mirage/drivers/rpi/sd"
	"internal/mirage/drivers/rpi/sd/sdtest"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

// A slot is a model of the controller with a card in it. It checks what Linux's driver takes care of: power after the registers,
// one command at a time, a block's size before its transfer, no more words than the FIFO has, that it is asked to leave its state of
// waiting, and that the card is stopped.
type slot struct {
	t     *testing.T
	card  *sdtest.Card
	regs  [size / 4]uint32
	busy  int // readings until the command is over
	state uint32
	words int // in the FIFO
	left  int // words that are still to be moved
	sends bool
	lag   int // readings until there is something in the FIFO
}

func (s *slot) read(off uintptr, width int) uint32 {
	switch off {
	case uintptr(command):
		if s.busy > 0 {
			if s.busy--; s.busy == 0 {
				s.regs[off/4] &^= commandNew
			}
		}
	case uintptr(machine):
		if s.lag++; s.lag%3 == 0 {
			s.pump()
		}
		return s.regs[off/4]&^(fifoMask<<fifoShift|stateMask) | uint32(s.words)<<fifoShift | s.state
	case uintptr(data):
		if s.words == 0 || s.sends {
			s.t.Fatal("a word is read that is not there")
		}
		s.words--
		return s.card.Read()
	}
	return s.regs[off/4]
}

// pump moves words between FIFO and card.
func (s *slot) pump() {
	if s.left == 0 {
		return
	}
	if s.card.Fails() {
		s.regs[status/4] |= 1 << 5
		s.left, s.words = 0, 0
		return
	}
	const burst = 7 // some
	n := min(burst, s.left)
	if s.sends {
		n = min(n, s.words)
		s.words -= n
	} else {
		n = min(n, fifoWords-s.words)
		s.words += n
	}
	if s.left -= n; s.left == 0 {
		s.state = stateWaiting
		if s.sends {
			s.state = stateStart
		}
	}
}

func (s *slot) write(off uintptr, width int, v uint32) {
	switch off {
	case uintptr(response), uintptr(response) + 4, uintptr(response) + 8, uintptr(response) + 12:
		s.t.Errorf("a write of %#x, which can only be read", off)
	case uintptr(status):
		s.regs[off/4] &^= v
		return
	case uintptr(command):
		if s.busy > 0 {
			s.t.Error("a command while there is one")
		}
		s.regs[off/4] = v
		if v&commandNew != 0 {
			s.command(v)
		}
		return
	case uintptr(machine):
		if v&forceData != 0 {
			s.state = stateData
		}
		v &^= forceData
	case uintptr(data):
		if s.words == fifoWords || !s.sends {
			s.t.Fatal("a word is written that there is no room for")
		}
		s.words++
		s.card.Write(v)
	case uintptr(power):
		if v == 1 && s.regs[machine/4]&thresholdsMask != thresholds {
			s.t.Error("power before the FIFO's thresholds")
		}
	}
	s.regs[off/4] = v
}

func (s *slot) command(v uint32) {
	if s.regs[power/4] != 1 || s.regs[timeout/4] == 0 {
		s.t.Fatal("a command without power, or without a limit of time")
	}
	if s.state == stateWaiting || s.state == stateStart {
		s.t.Error("a command while the controller waits to be told that a transfer is over")
	}
	s.busy = 3
	index := uint8(v & 0x3f)
	answer, ok := s.card.Command(index, s.regs[argument/4])
	switch {
	case !ok:
		s.regs[command/4] |= commandFailed
		s.regs[status/4] |= 1 << 6
		return
	case index == 41: // an R3: no checksum
		s.regs[command/4] |= commandFailed
		s.regs[status/4] |= 1 << 4
	case index == 12:
		s.left, s.words, s.state = 0, 0, stateData
	}
	if v&commandLong != 0 { // with the checksum, which we have none of
		for i := range answer {
			low := uint32(0x5a)
			if i > 0 {
				low = answer[i-1] >> 24
			}
			s.regs[int(response)/4+i] = answer[i]<<8 | low
		}
	} else {
		copy(s.regs[response/4:], answer[:])
	}
	if v&(commandRead|commandWrite) != 0 {
		if s.regs[bytes/4] != sd.BlockSize || s.regs[blocks/4] == 0 {
			s.t.Errorf("%d blocks of %d bytes", s.regs[blocks/4], s.regs[bytes/4])
		}
		s.left, s.words, s.sends, s.state = int(s.regs[blocks/4])*sd.BlockSize/4, 0, v&commandWrite != 0, 2
	}
}

func TestCard(t *testing.T) {
	sdtest.Try(t, func(card *sdtest.Card) sd.Host {
		s := &slot{t: t, card: card}
		h, err := Open(&mmiotest.Model{Length: size, Read: s.read, Write: s.write}, 400_000_000)
		if err != nil {
			t.Fatal(err)
		}
		return h
	})
}

// A clock is no faster than was asked for, and the divider has eleven bits.
func TestClock(t *testing.T) {
	s := &slot{t: t}
	h, _ := Open(&mmiotest.Model{Length: size, Read: s.read, Write: s.write}, 250_000_001)
	for hz, want := range map[uint32]uint32{25_000_000: 9, 400_000: 624, 200_000_000: 0, 1000: maxDivider} {
		if h.SetClock(hz); s.regs[divider/4] != want {
			t.Errorf("%d Hz: divider %d, want %d", hz, s.regs[divider/4], want)
		}
	}
}
