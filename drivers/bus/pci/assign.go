package pci

import "internal/mirage/mmio"

// bridgeUnit is the granularity of a bridge's memory windows: bridge section 3.2.5.
const bridgeUnit = 1 << 20

// A span is a range of bus addresses that is given out from the bottom up.
type span struct {
	next, end uint64
	entered   []uint64 // where the bridges being scanned start
}

// take returns size bytes aligned to size, a power of two.
func (s *span) take(size uint64) (uint64, bool) {
	at := (s.next + size - 1) &^ (size - 1)
	if at < s.next || at > s.end || size > s.end-at {
		return 0, false
	}
	s.next = at + size
	return at, true
}

// align moves on to a bridge's unit.
func (s *span) align() { s.next = min((s.next+bridgeUnit-1)&^(bridgeUnit-1), s.end) }

// spans are what is left of the host's windows: the largest below 4 GiB, and the largest above.
type spans struct {
	low, high span
}

func newSpans(windows []Window) *spans {
	s := &spans{}
	for _, w := range windows {
		end := w.Bus + w.Size
		switch {
		case end < w.Bus:
			continue
		case end <= 1<<32 && w.Size > s.low.end-s.low.next:
			s.low = span{next: w.Bus, end: end}
		case w.Bus >= 1<<32 && w.Size > s.high.end-s.high.next:
			s.high = span{next: w.Bus, end: end}
		}
	}
	// Address 0 in a base address register means none.
	s.low.next = max(s.low.next, bridgeUnit)
	return s
}

// assign gives the function's base addresses places. One that finds none stays 0, and Map refuses it.
func (s *spans) assign(f *Function) {
	for i := 0; i < f.bars(); i++ {
		b, err := f.bar(i)
		if err != nil || b.size == 0 {
			continue
		}
		var at uint64
		ok := false
		// Bridge section 3.2.5: a bridge passes what may be prefetched at 64 bits, all else below 4 GiB.
		if b.wide && (b.prefetch || f.bridge == nil) {
			at, ok = s.high.take(b.size)
		}
		if !ok {
			at, _ = s.low.take(b.size)
		}
		low := baseAddress + mmio.Reg32(4*i)
		low.Store(f.config, uint32(at))
		if b.wide {
			(low + 4).Store(f.config, uint32(at>>32))
			i++
		}
	}
}

// enter starts the windows of a bridge.
func (s *spans) enter() {
	for _, p := range []*span{&s.low, &s.high} {
		p.align()
		p.entered = append(p.entered, p.next)
	}
}

// leave ends the windows of bridge b with all that was given out since enter.
func (s *spans) leave(b *Function) {
	base, limit := s.low.leave()
	memoryBase.Store(b.config, uint16(base>>16)&0xfff0)
	memoryLimit.Store(b.config, uint16(limit>>16)&0xfff0)
	base, limit = s.high.leave()
	prefetchBase.Store(b.config, uint16(base>>16)&0xfff0)
	prefetchLimit.Store(b.config, uint16(limit>>16)&0xfff0)
	prefetchBaseUpper.Store(b.config, uint32(base>>32))
	prefetchLimitUpper.Store(b.config, uint32(limit>>32))
	ioWindow.Store(b.config, 0x00f0) // base above limit: none
	b.Enable()
}

// leave returns the first and the last address given out since enter; a base above the limit, which a bridge takes for
// none (bridge section 3.2.5), when nothing was.
func (s *span) leave() (base, limit uint64) {
	base = s.entered[len(s.entered)-1]
	s.entered = s.entered[:len(s.entered)-1]
	s.align()
	if s.next == base {
		return 0xfff00000, 0
	}
	return base, s.next - 1
}
