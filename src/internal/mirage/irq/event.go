package irq

import "sync"

// A Line is something to wait for. One goroutine at a time waits on a line.
type Line interface {
	// Wait parks the goroutine until the line has been raised since the last Wait returned, and returns true; false
	// once the line is closed.
	Wait() bool
	// Close ends the line for good and wakes its waiter. A second Close does nothing.
	Close()
}

// An Event is a line that software raises. Raising it twice before the wait is the same as once.
type Event struct {
	raised chan struct{} // holds one token at most
	closed chan struct{}
	once   sync.Once
}

// NewEvent returns an event that has not been raised.
func NewEvent() *Event {
	return &Event{raised: make(chan struct{}, 1), closed: make(chan struct{})}
}

// Raise wakes the waiter, now or when it comes. It never blocks.
func (e *Event) Raise() {
	select {
	case e.raised <- struct{}{}:
	default: // it is raised already
	}
}

// Wait implements Line.
func (e *Event) Wait() bool {
	select {
	case <-e.closed:
		return false
	default:
	}
	select {
	case <-e.raised:
		return true
	case <-e.closed:
		return false
	}
}

// Close implements Line.
func (e *Event) Close() { e.once.Do(func() { close(e.closed) }) }
