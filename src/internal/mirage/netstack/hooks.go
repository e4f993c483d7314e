package netstack

import "internal/mirage/netstack/wire"

// A Filter decides about frames: about each that has come before anything looks at it, and about each that goes, complete but
// for what the card puts in (checksums, cuts), before the card has it. It sees the frames of lo too. It runs in drivers' and senders'
// goroutines, many at once, perhaps with a socket's lock held: it must not block, nor call the stack, nor keep or change the frame.
type Filter func(i *Interface, out bool, frame []byte) (accept bool)

// hooks are the filters in use. A new set is made for each change, so that frames are looked at without a lock.
type hooks struct {
	watch  []*Filter // see all: what comes before filters, what goes behind them
	filter []*Filter
}

// Filter has f decide from now on, after those that do already, until stop is called.
func (s *Stack) Filter(f Filter) (stop func()) {
	return s.hook(&f, func(h *hooks) *[]*Filter { return &h.filter })
}

// WatchFrames has f see all frames: those that come before filters do, and those that go once filters have let them. What it returns
// means nothing.
func (s *Stack) WatchFrames(f Filter) (stop func()) {
	return s.hook(&f, func(h *hooks) *[]*Filter { return &h.watch })
}

func (s *Stack) hook(f *Filter, in func(*hooks) *[]*Filter) (stop func()) {
	s.changeHooks(func(h *hooks) { *in(h) = append(*in(h), f) })
	return func() {
		s.changeHooks(func(h *hooks) {
			var kept []*Filter
			for _, g := range *in(h) {
				if g != f {
					kept = append(kept, g)
				}
			}
			*in(h) = kept
		})
	}
}

// changeHooks changes a copy of the hooks and puts it in their place.
func (s *Stack) changeHooks(change func(h *hooks)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &hooks{}
	if old := s.hooks.Load(); old != nil {
		h.watch, h.filter = append(h.watch, old.watch...), append(h.filter, old.filter...)
	}
	if change(h); len(h.watch)+len(h.filter) == 0 {
		h = nil // the path of frames is as short as it was
	}
	s.hooks.Store(h)
}

// come reports whether a frame that has come may go on.
func (h *hooks) come(i *Interface, frame []byte) bool {
	for _, f := range h.watch {
		(*f)(i, false, frame)
	}
	return h.accept(i, false, frame)
}

// goes reports whether a frame may be sent.
func (h *hooks) goes(i *Interface, frame []byte) bool {
	if !h.accept(i, true, frame) {
		return false
	}
	for _, f := range h.watch {
		(*f)(i, true, frame)
	}
	return true
}

func (h *hooks) accept(i *Interface, out bool, frame []byte) bool {
	for _, f := range h.filter {
		if !(*f)(i, out, frame) {
			return false
		}
	}
	return true
}

// An EtherHandler takes a frame of a type of its own. It runs in the driver's goroutine, at once for different cards; the frame is
// the driver's again when it returns. It may send.
type EtherHandler func(i *Interface, frame wire.Ethernet)
