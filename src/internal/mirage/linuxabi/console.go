package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
	"sync"
)

// Standard input, output and error. Until a device.Console is known output goes to the console of last resort, and
// whoever reads input waits.

// console is the program's consoles.
type console struct {
	changed waitQueue // of the input
	signal  func(sig uint32)

	mu       sync.Mutex
	main     device.Console  // standard input and output; nil: the one of last resort
	source   device.Console  // standard input, if not main
	sink     device.Console  // standard output, if not main
	errors   device.Console  // standard error
	screens  []device.Screen // which have what is written too
	expected chan struct{}   // closed when the console is there that the command line names; nil: none, or no more
	reading  bool            // the program has asked for input
	pumping  device.Console  // a pipe of the host whose bytes are being moved to input
	raw      bool            // what comes in is passed on as it is: a pipe of the host
	input    []byte
	end      bool // of the input
	consumed sync.Cond

	writing sync.Mutex // one write at a time
}

// inputLimit is how much input waits for the program to read it, bytes.
const inputLimit = 4096

// newConsole makes a console whose keys that are signals call signal.
func newConsole(signal func(sig uint32)) *console {
	c := &console{signal: signal}
	c.consumed.L = &c.mu
	return c
}

// Names that consoles and ports have (Documentation/admin-guide/devices.txt; a virtio port is named by its host).
const (
	passedThrough = "hvc0"   // the host passes its bytes on as they are
	inputPort     = "stdin"  // a port that carries standard input alone, so that the host can end it
	outputPort    = "stdout" // a port that carries standard output alone, for which the host may take its time
)

// consoleName returns what a console calls itself, empty if nothing.
func consoleName(d device.Console) string {
	if n, ok := d.(interface{ Name() string }); ok {
		return n.Name()
	}
	return ""
}

// attach takes a console that was found into use. It becomes standard input and output if it has the name that is wanted,
// or is the first and none is. Standard error is the first terminal.
func (c *console) attach(d device.Console, name, wanted string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.main == nil && (wanted == "" || wanted == name) {
		c.main, c.raw = d, name == passedThrough
		if c.expected != nil {
			close(c.expected)
			c.expected = nil
		}
		if !c.raw {
			go c.pump(d, false) // at once, for the keys that are signals
		}
		c.start()
	}
	if c.errors == nil && name != passedThrough {
		c.errors = d
	}
}

// attachInput makes d, which was found by its name, the standard input instead of the console whose output goes on.
func (c *console) attachInput(d device.Console) {
	c.mu.Lock()
	c.source = d
	c.start()
	c.mu.Unlock()
}

// attachOutput makes d, which was found by its name, the standard output instead of the console.
func (c *console) attachOutput(d device.Console) {
	c.mu.Lock()
	c.sink = d
	c.mu.Unlock()
}

// show has a screen show what is written from now on.
func (c *console) show(s device.Screen) {
	c.mu.Lock()
	c.screens = append(c.screens[:len(c.screens):len(c.screens)], s) // write reads what it had
	c.mu.Unlock()
}

// write writes all of b.
func (c *console) write(b []byte, errors bool) (int, linux.Errno) {
	c.mu.Lock()
	d, raw, screens := c.main, c.raw, c.screens
	switch {
	case errors:
		d, raw = c.errors, false
	case c.sink != nil:
		d, raw = c.sink, true
	}
	c.mu.Unlock()
	if d == nil && !errors && c.await() {
		return c.write(b, errors)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if d == nil {
		lastResort(b)
		return len(b), 0
	}
	for _, s := range screens {
		s.Write(b)
	}
	out := b
	if !raw {
		out = terminalLines(b)
	}
	if n, err := d.Write(out); n == 0 && err != nil {
		return 0, linux.EIO
	}
	return len(b), 0
}

// expect says that the command line names a console, which may take its time to be found.
func (c *console) expect() { c.expected = make(chan struct{}) }

// await waits, the first time, for the console that is expected, so that what the program writes first is not written elsewhere.
// It reports whether there was one to wait for.
func (c *console) await() bool {
	const patience = 2 * clock.Second
	c.mu.Lock()
	expected := c.expected
	c.mu.Unlock()
	if expected == nil {
		return false
	}
	deadline, over := clock.NewTimer(patience)
	defer deadline.Stop()
	select {
	case <-expected:
	case <-over:
		c.mu.Lock()
		c.expected = nil
		c.mu.Unlock()
	}
	return true
}

// terminalLines puts a carriage return before each newline, as a terminal wants them (termios(3), ONLCR).
func terminalLines(b []byte) []byte {
	n := bytealg.Count(b, '\n')
	if n == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+n)
	for _, c := range b {
		if c == '\n' {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}

// drain waits, for a time, until no write is in progress.
func (c *console) drain() {
	const patience = clock.Second
	idle := make(chan struct{})
	go func() {
		c.writing.Lock()
		close(idle)
	}()
	deadline, over := clock.NewTimer(patience)
	defer deadline.Stop()
	select {
	case <-idle:
	case <-over:
	}
}

// read takes what has come in.
func (c *console) read(b []byte) (int, linux.Errno) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want()
	if len(c.input) == 0 && len(b) > 0 {
		if c.end {
			return 0, 0
		}
		return 0, linux.EAGAIN
	}
	n := copy(b, c.input)
	c.input = append(c.input[:0], c.input[n:]...)
	c.consumed.Broadcast() // consoles and keyboards may wait
	return n, 0
}

// want notes that the program wants input. mu is held.
func (c *console) want() {
	c.reading = true
	c.start()
}

// from is what input comes from, nil while there is nothing. mu is held.
func (c *console) from() device.Console {
	if c.source != nil {
		return c.source
	}
	return c.main
}

// start starts the pump of a pipe once the program wants input. mu is held.
func (c *console) start() {
	d := c.from()
	isPipe := d == c.source || c.raw
	if c.reading && d != nil && isPipe && d != c.pumping {
		c.pumping = d
		go c.pump(d, true)
	}
}

// pump moves what comes from d to the input, as long as that comes from d, and waits while it is full.
func (c *console) pump(d device.Console, raw bool) {
	buf := make([]byte, 512)
	for {
		n, err := d.Read(buf)
		b, asked := buf[:max(n, 0)], false
		if !raw {
			b, asked = keyEnd(c.keySignals(b))
		}
		end := n <= 0 || err != nil
		c.mu.Lock()
		if d == c.from() {
			c.take(b)
			c.end = end || asked
			for len(c.input) >= inputLimit {
				c.consumed.Wait()
			}
		}
		c.mu.Unlock()
		c.changed.notify(pollIn)
		if end {
			return
		}
	}
}

// listen moves what is typed at a keyboard to the input, beside what comes from the console, until the keyboard is gone.
func (c *console) listen(k device.Keyboard) {
	buf := make([]byte, 64)
	for n := k.Read(buf); n > 0; n = k.Read(buf) {
		b := c.keySignals(buf[:n])
		c.mu.Lock()
		c.take(b)
		for len(c.input) >= inputLimit {
			c.consumed.Wait()
		}
		c.mu.Unlock()
		c.changed.notify(pollIn)
	}
}

func (c *console) waitingInput() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.input)
}

// take appends b to the input. A terminal's Enter key sends a carriage return, which programs expect to be a newline
// (termios(3), ICRNL). A program that has never read its input is not going to: what is too much is dropped then, as a full
// terminal does, so that the keys that are signals are still seen. mu is held.
func (c *console) take(b []byte) {
	if !c.raw {
		if !c.reading {
			b = b[:min(len(b), max(inputLimit-1-len(c.input), 0))]
		}
		for i := range b {
			if b[i] == '\r' {
				b[i] = '\n'
			}
		}
	}
	c.input = append(c.input, b...)
}

// openStandard gives descriptors 0, 1 and 2 to the console. A console that passes bytes on as they are shows itself as a
// pipe, so that programs that ask find out that no terminal is there.
func (p *Process) openStandard(raw bool) {
	node, e := p.fs.Lookup(p.fs.Root(), "/dev/console", true)
	if raw || e != 0 {
		node = p.fs.NewNode(linux.S_IFIFO|0o600, 0)
		node.Attached(func() any { return p.console })
	}
	for fd, flags := range [...]int{linux.O_RDONLY, linux.O_WRONLY, linux.O_WRONLY} {
		d := newDescription(&consoleFile{console: p.console, errors: fd == 2}, flags)
		d.node.Store(node)
		p.fds.install(d, 0, false)
	}
}

// consoleFile is a descriptor of a console.
type consoleFile struct {
	console *console
	errors  bool
}

func (f *consoleFile) read(d *description, b []byte) (int, linux.Errno) { return f.console.read(b) }
func (f *consoleFile) write(d *description, b []byte) (int, linux.Errno) {
	return f.console.write(b, f.errors)
}

func (f *consoleFile) waiting() int { return f.console.waitingInput() }

func (f *consoleFile) ready(d *description) uint32 {
	c := f.console
	c.mu.Lock()
	defer c.mu.Unlock()
	events := uint32(pollOut)
	if d.readable() {
		c.want()
		if len(c.input) > 0 || c.end {
			events |= pollIn
		}
	}
	return events
}

func (f *consoleFile) mode() uint32 { return linux.S_IFCHR | 0o620 }

func (f *consoleFile) queue() *waitQueue      { return &f.console.changed }
func (f *consoleFile) release(d *description) {}

// say tells whoever watches the machine what is wrong with it, or with how it was started.
func say(what string) { lastResort([]byte("mirage: " + what + "\n")) }
