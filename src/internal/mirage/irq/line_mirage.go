//go:build mirage

package irq

import (
	"internal/mirage/machine"
	"sync/atomic"
)

// A line is one of the runtime's.
type line struct {
	machine machine.Line
	closed  atomic.Bool
}

func (l *line) Wait() bool {
	if l.closed.Load() {
		return false
	}
	l.machine.Wait()
	return !l.closed.Load()
}

func (l *line) Close() {
	if l.closed.CompareAndSwap(false, true) {
		l.machine.Close()
	}
}

// Name says which device raises a line, for those who list interrupts. An event has none: it is no interrupt of its own.
func Name(l Line, name string) {
	if name == "" {
		return
	}
	switch l := l.(type) {
	case *line:
		l.machine.SetName(name)
	case *channel:
		l.machine.SetName(name)
	}
}

func newWired(in Input) (Line, error) {
	l := machine.WiredLine(in.Number, in.Level, in.ActiveLow)
	if l < 0 {
		return nil, errNoInput
	}
	return &line{machine: l}, nil
}

func newMessage() (Message, error) {
	l, addr, data := machine.MessageLine()
	if l < 0 {
		return Message{}, ErrNoMessage
	}
	return Message{&line{machine: l}, addr, data}, nil
}

// MemoryLine is the machine's MemoryLine; one that is never raised if the machine has no line left.
func MemoryLine() Line {
	l := machine.MemoryLine()
	if l < 0 {
		return NewEvent()
	}
	return &line{machine: l}
}
