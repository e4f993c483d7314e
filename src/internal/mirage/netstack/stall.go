package netstack

import (
	"internal/mirage/netstack/inet"
	"sync"
)

// retryAfter is how long a sender waits for a full card, which does not tell when it has room: a frame of the
// largest size takes 12 us at 1 Gbit/s, so that a queue of 256 is a sixth empty by then. Waiting twice as long, a guest of
// Xen's and dom0 both stand still for a fifteenth of the time.
const retryAfter = 500e3

// A stalls list holds functions that wait for room in a card's transmit queue.
type stalls struct {
	mu    sync.Mutex
	timer inet.Timer
	wait  []func()
}

// WhenWritable calls f once, soon after now, when the card of r is likely to take a frame. The card is told of what was sent
// in a batch that ends here.
func (s *Stack) WhenWritable(r inet.Route, f func()) {
	i := r.Link.(*Interface)
	i.nic.Flush()
	i.stalls.mu.Lock()
	i.stalls.wait = append(i.stalls.wait, f)
	first := len(i.stalls.wait) == 1
	i.stalls.mu.Unlock()
	if first {
		s.Schedule(&i.stalls.timer, s.Now()+retryAfter)
	}
}

// Flush ends a batch: the card of r hears of what was sent.
func (s *Stack) Flush(r inet.Route) { r.Link.(*Interface).nic.Flush() }

func (i *Interface) retryStalled(now int64) {
	i.stalls.mu.Lock()
	wait := i.stalls.wait
	i.stalls.wait = nil
	i.stalls.mu.Unlock()
	for _, f := range wait {
		f()
	}
}
