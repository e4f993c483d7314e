package console

import (
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
	"sync"
)

// A sender is a queue of buffers that the host empties.
type sender struct {
	device *Device
	queue  *queue.Queue
	line   irq.Line
	mem    buffers

	mu      sync.Mutex
	changed sync.Cond // a buffer was used
	failed  bool
	free    []uint32

	writing sync.Mutex // one write at a time, whole
}

func newSender(d *Device, i int) (s *sender, err error) {
	s = &sender{device: d}
	s.changed.L = &s.mu
	if s.mem, err = newBuffers(portBuffers); err != nil {
		return nil, err
	}
	if s.queue, s.line, err = d.dev.Queue(i, portBuffers, 1, true); err != nil {
		return nil, err
	}
	for i := range uint32(s.queue.Size()) {
		s.free = append(s.free, i)
	}
	return s, nil
}

// watch wakes those that wait for the host.
func (s *sender) watch() {
	ok := true
	for ok {
		ok = s.line.Wait()
		s.mu.Lock()
		s.failed = !ok
		s.changed.Broadcast()
		s.mu.Unlock()
	}
}

// write sends b, and returns when the host has taken all of it.
func (s *sender) write(b []byte) (n int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(b) {
		for len(s.free) > 0 && n < len(b) {
			i := s.free[len(s.free)-1]
			k := copy(s.mem.bytes(i), b[n:])
			if s.device.dev.Failed() || !s.queue.Add([]queue.Segment{s.mem.segment(i, uint32(k))}, nil, i) {
				return n, errGone
			}
			s.free = s.free[:len(s.free)-1]
			n += k
		}
		s.queue.Flush()
		if err := s.wait(n == len(b)); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// wait waits until the host has taken all buffers, or at least one.
func (s *sender) wait(all bool) error {
	for {
		for i, _, ok := s.queue.Take(); ok; i, _, ok = s.queue.Take() {
			s.free = append(s.free, i)
		}
		if err := s.queue.Err(); err != nil {
			s.device.fail(err)
			return err
		}
		switch {
		case s.queue.InFlight() == 0 || !all && len(s.free) > 0:
			return nil
		case s.failed:
			return errGone
		case !s.queue.Arm():
			s.changed.Wait()
		}
	}
}
