package gpio

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// A Level is what a pin is at.
type Level bool

// The levels.
const (
	Low  Level = false
	High Level = true
)

// String is Low or High.
func (l Level) String() string {
	if l {
		return "High"
	}
	return "Low"
}

// A Pull is the resistor that holds an input that nobody drives.
type Pull uint8

// The pulls.
const (
	Float Pull = iota
	PullDown
	PullUp
)

// An Edge is the change of an input that WaitForEdge waits for.
type Edge uint8

// The edges.
const (
	NoEdge Edge = iota
	RisingEdge
	FallingEdge
	BothEdges
)

// Functions of a pin that are the same on all chips; others are the chip's alternate functions, by its own numbers.
const (
	input  = 0
	output = 1
)

// ErrNone says that the machine has no pins.
var ErrNone = errors.New("gpio: this machine has no general-purpose pins")

// A controller is what the pins are on.
type controller interface {
	Count() int
	Function(pin int) uint8
	SetFunction(pin int, f uint8)
	Level(pin int) bool
	SetLevel(pin int, high bool)
	setPull(pin int, p Pull)
	watch(pin int, e Edge, f func()) error
	PWM(pin int, period, duty int64) error
}

// A Pin is one. Its methods may be called from any goroutine.
type Pin struct {
	number int
	c      controller

	mu    sync.Mutex
	edges chan struct{} // holds one that has been seen and not waited for
}

// pins are those that are open: each is one for all who open it.
var pins struct {
	mu  sync.Mutex
	all map[int]*Pin
}

// Open returns a pin by its number. It is left as it is.
func Open(number int) (*Pin, error) {
	c := find()
	if c == nil {
		return nil, ErrNone
	}
	if number < 0 || number >= c.Count() {
		return nil, fmt.Errorf("gpio: no pin %d: there are 0 to %d", number, c.Count()-1)
	}
	pins.mu.Lock()
	defer pins.mu.Unlock()
	p := pins.all[number]
	if p == nil {
		p = &Pin{number: number, c: c, edges: make(chan struct{}, 1)}
		if pins.all == nil {
			pins.all = map[int]*Pin{}
		}
		pins.all[number] = p
	}
	return p, nil
}

// Number is the pin's.
func (p *Pin) Number() int { return p.number }

// Name is GPIO and the number.
func (p *Pin) Name() string { return fmt.Sprintf("GPIO%d", p.number) }

// String is the name.
func (p *Pin) String() string { return p.Name() }

// Function says what the pin is for: In, Out, or the chip's alternate function by its name in the chip's manual.
func (p *Pin) Function() string {
	// BCM2835 ARM Peripherals, table 6-2.
	return [...]string{"In", "Out", "ALT5", "ALT4", "ALT0", "ALT1", "ALT2", "ALT3"}[p.c.Function(p.number)&7]
}

// In makes the pin an input. What has been seen of edges before is forgotten.
func (p *Pin) In(pull Pull, edge Edge) error {
	if pull > PullUp || edge > BothEdges {
		return fmt.Errorf("gpio: no pull %d or edge %d", pull, edge)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.c.SetFunction(p.number, input)
	p.c.setPull(p.number, pull)
	var seen func()
	if edge != NoEdge {
		seen = func() {
			select {
			case p.edges <- struct{}{}:
			default:
			}
		}
	}
	err := p.c.watch(p.number, edge, seen)
	select {
	case <-p.edges:
	default:
	}
	return err
}

// Read returns the pin's level, of an output too.
func (p *Pin) Read() Level { return Level(p.c.Level(p.number)) }

// WaitForEdge waits for an edge that In named, at most for a time; if it is negative, for ever. Edges that come while nobody waits
// are one. It reports whether there was one.
func (p *Pin) WaitForEdge(timeout time.Duration) bool {
	if timeout < 0 {
		<-p.edges
		return true
	}
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-p.edges:
		return true
	case <-t.C:
		return false
	}
}

// Out makes the pin an output at a level, at which it is from the first moment.
func (p *Pin) Out(l Level) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.c.SetLevel(p.number, bool(l))
	p.c.SetFunction(p.number, output)
	return nil
}

// PWM makes the pin a pulse that is high for part duty, from 0 to 1, of a period. Pins 12, 13, 18 and 19 of a Raspberry Pi can, of
// which 12 and 18 are always the same, and 13 and 19.
func (p *Pin) PWM(duty float64, period time.Duration) error {
	if !(duty >= 0 && duty <= 1) {
		return fmt.Errorf("gpio: a pulse of %v of its period", duty)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.c.PWM(p.number, int64(period), int64(duty*float64(period)))
}

// Halt makes the pin an input without edges, which drives nothing.
func (p *Pin) Halt() error { return p.In(Float, NoEdge) }
