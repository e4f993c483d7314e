// Package rng reads a Raspberry Pi's random numbers: the BCM2835's (Linux, drivers/char/hw_random/bcm2835-rng.c) or the BCM2711's
// (.../iproc-rng200.c). It implements device.Entropy. The runtime has started and seeded itself from it before.
package rng

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/mmio"
	"sync"
)

// Registers of the BCM2835's.
const (
	control mmio.Reg32 = 0x00 // RW, bit 0: on
	status  mmio.Reg32 = 0x04 // RW, bits 0-19: numbers to discard first; 24-31, RO: words there are
	data    mmio.Reg32 = 0x08 // RO
	discard            = 0x40000
)

// Registers of the BCM2711's: control is the same.
const (
	data200  mmio.Reg32 = 0x20 // RO
	count200 mmio.Reg32 = 0x24 // RO, bits 0-7: words there are

	size = 0x28
)

var (
	errNone  = errors.New("rng: registers missing")
	errEmpty = errors.New("rng: no random numbers come")
	errSame  = errors.New("rng: the same number comes again and again")
)

// A Source is the device.
type Source struct {
	mu    sync.Mutex
	regs  mmio.Space
	is200 bool
	last  uint32
	first bool
}

// Open turns the source at regs on.
func Open(regs mmio.Space, is200 bool) (*Source, error) {
	if regs.Size() < size {
		return nil, errNone
	}
	s := &Source{regs: regs, is200: is200, first: true}
	if v := control.Load(regs); v&1 == 0 {
		if !is200 {
			status.Store(regs, discard)
		}
		control.Store(regs, v|1)
	}
	return s, nil
}

// Read implements device.Entropy.
func (s *Source) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := 0; n < len(p); {
		v, err := s.word()
		if err != nil {
			return 0, err
		}
		for k := 0; k < 4 && n < len(p); k++ {
			p[n] = byte(v >> (8 * k))
			n++
		}
	}
	return len(p), nil
}

// word waits for a word. Two that are the same in a row come once in 2^32; three are a source that is stuck.
func (s *Source) word() (uint32, error) {
	for same := 0; same < 3; same++ {
		if !s.wait() {
			return 0, errEmpty
		}
		reg := data
		if s.is200 {
			reg = data200
		}
		v := reg.Load(s.regs)
		stuck := v == s.last && !s.first
		s.last, s.first = v, false
		if !stuck {
			return v, nil
		}
	}
	return 0, errSame
}

// wait waits until there is a word, a second at most.
func (s *Source) wait() bool {
	if s.words() != 0 {
		return true
	}
	t, over := clock.NewTimer(clock.Second)
	defer t.Stop()
	for s.words() == 0 {
		select {
		case <-over:
			return false
		default:
			clock.Sleep(100e3)
		}
	}
	return true
}

// words is how many words there are.
func (s *Source) words() uint32 {
	if s.is200 {
		return count200.Load(s.regs) & 0xff
	}
	return status.Load(s.regs) >> 24
}
