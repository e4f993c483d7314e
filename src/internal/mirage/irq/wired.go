package irq

import (
	"errors"
	"sync"
)

// An Input is an input of the interrupt controller: a GSI on amd64, a GIC INTID on arm64, and how its devices
// drive it.
type Input struct {
	Number    uint32
	Level     bool   // level-triggered, else by edge
	ActiveLow bool   // low level or falling edge
	Name      string // of the device, for those who list interrupts
}

var (
	errNoInput  = errors.New("irq: the interrupt controller has no such input")
	errConflict = errors.New("irq: the input is in use with another trigger")
)

// A wire is an input in use, and its devices' handlers.
type wire struct {
	input Input
	line  Line

	mu       sync.Mutex
	handlers []func()
}

var wires struct {
	mu  sync.Mutex
	all map[uint32]*wire
}

// Attach has handler called, in the input's own goroutine, each time the input fires. The handler must not block, and must
// leave its device such that it does not drive the input, else a level-triggered input fires again at once.
// Devices share an input; each handler looks whether its own device wants something.
func Attach(in Input, handler func()) error {
	name := in.Name
	in.Name = ""
	wires.mu.Lock()
	defer wires.mu.Unlock()
	w := wires.all[in.Number]
	if w != nil {
		if w.input != in {
			return errConflict
		}
		Name(w.line, name)
		w.add(handler)
		return nil
	}
	line, err := newWired(in)
	if err != nil {
		return err
	}
	Name(line, name)
	w = &wire{input: in, line: line}
	w.add(handler)
	if wires.all == nil {
		wires.all = map[uint32]*wire{}
	}
	wires.all[in.Number] = w
	go w.serve()
	return nil
}

func (w *wire) add(handler func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handlers = append(w.handlers, handler)
}

func (w *wire) serve() {
	for w.line.Wait() {
		w.mu.Lock()
		handlers := w.handlers
		w.mu.Unlock()
		for _, h := range handlers {
			h()
		}
	}
}

// Wired returns an input as a line for one device alone, whose driver quiets the device itself. Devices that may
// share an input use Attach.
func Wired(in Input) (Line, error) { return newWired(in) }
