package serial

import (
	"internal/mirage/irq"
	"sync"
)

// A Port is the registers of a serial port. Its methods are called one at a time.
type Port interface {
	// Get takes bytes that were received, and returns how many there were.
	Get(p []byte) int
	// Put gives bytes to be sent, and returns how many the port took.
	Put(p []byte) int
	// Enable says which interrupts are wanted: for received bytes, and for room to send. It is called at the end of each
	// interrupt, whose reasons are gone then.
	Enable(receive, transmit bool)
}

// inputSize is how many received bytes wait to be read. While there are as many the port keeps its own, and holds
// the sender up if it can.
const inputSize = 1024

// A Console is a console on a serial port. It implements device.Console.
type Console struct {
	name string

	mu      sync.Mutex
	changed sync.Cond
	port    Port
	input   [inputSize]byte // a ring
	first   int             // the oldest byte in it
	count   int             // bytes in it
	wantTx  bool            // somebody waits for room

	writing sync.Mutex // one Write at a time, whole
}

// New makes a console of a port, its interrupts not enabled yet: Start does that, once Interrupt is attached.
func New(name string, port Port) *Console {
	c := &Console{name: name, port: port}
	c.changed.L = &c.mu
	return c
}

// Open makes a console of a port that drives an input.
func Open(name string, port Port, input irq.Input) (*Console, error) {
	c := New(name, port)
	input.Name = name
	if err := irq.Attach(input, c.Interrupt); err != nil {
		return nil, err
	}
	c.Start()
	return c, nil
}

// Name is what the port is called on Linux.
func (c *Console) Name() string { return c.name }

// Start enables the interrupts.
func (c *Console) Start() { c.Interrupt() }

// Interrupt is the handler of the port's interrupt.
func (c *Console) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fill()
	c.wantTx = false
	c.enable()
	c.changed.Broadcast()
}

// fill takes what was received as long as there is room.
func (c *Console) fill() {
	for c.count < inputSize {
		at := (c.first + c.count) % inputSize
		end := min(inputSize, at+inputSize-c.count)
		n := c.port.Get(c.input[at:end])
		if n == 0 {
			return
		}
		c.count += n
	}
}

func (c *Console) enable() { c.port.Enable(c.count < inputSize, c.wantTx) }

// Read implements device.Console. A serial port has no end of input.
func (c *Console) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.count == 0 {
		c.changed.Wait()
	}
	full := c.count == inputSize
	n := 0
	for n < len(p) && c.count > 0 {
		k := copy(p[n:], c.input[c.first:min(inputSize, c.first+c.count)])
		c.first = (c.first + k) % inputSize
		c.count -= k
		n += k
	}
	if full {
		// The port was held up: go on, with what it has kept.
		c.fill()
		c.enable()
	}
	return n, nil
}

// Write implements device.Console.
func (c *Console) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for rest := p; len(rest) > 0; {
		c.mu.Lock()
		n := c.port.Put(rest)
		if n == 0 {
			c.wantTx = true
			c.enable()
			for c.wantTx {
				c.changed.Wait()
			}
		}
		c.mu.Unlock()
		rest = rest[n:]
	}
	return len(p), nil
}
