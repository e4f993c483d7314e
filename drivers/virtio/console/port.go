package console

import (
	"internal/mirage/irq"
	"sync"
)

// portBuffers is how many buffers a port has each way.
const portBuffers = 8

// A port is one stream. It implements device.Console.
type port struct {
	device *Device
	id     int
	name   string // what it calls itself; set before it is made known
	known  bool   // as a console; only the control goroutine asks
	named  bool   // likewise, by its name

	mu       sync.Mutex
	changed  sync.Cond // a buffer was used, or the host opened or closed
	rx       receiver
	tx       *sender
	hostOpen bool
	ended    bool // the host closed what was open
	failed   bool
}

func newPort(d *Device, id int) (p *port, err error) {
	p = &port{device: d, id: id}
	p.changed.L = &p.mu
	if err = p.rx.init(d, receiveQueue(id), portBuffers); err != nil {
		return nil, err
	}
	if p.tx, err = newSender(d, receiveQueue(id)+1); err != nil {
		return nil, err
	}
	return p, nil
}

// start lets the host send.
func (p *port) start() {
	p.mu.Lock()
	p.rx.giveAll()
	p.mu.Unlock()
	go p.watch(p.rx.line)
	go p.tx.watch()
}

// watch wakes those that wait for input.
func (p *port) watch(line irq.Line) {
	ok := true
	for ok {
		ok = line.Wait()
		p.mu.Lock()
		p.failed = !ok
		p.changed.Broadcast()
		p.mu.Unlock()
	}
}

// setOpen notes whether somebody at the host is there: section 5.3.6.2.
func (p *port) setOpen(open bool) {
	p.mu.Lock()
	p.ended = !open && (p.hostOpen || p.ended) // it may say twice that it has closed
	p.hostOpen = open
	p.changed.Broadcast()
	p.mu.Unlock()
}

// Name is what the console calls itself, empty for one that is not the first.
func (p *port) Name() string { return p.name }

// Read implements device.Console. The end of the input comes when the host closes, behind all that it sent before.
func (p *port) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		n, err := p.rx.take(b)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			p.device.fail(err)
			return 0, err
		}
		switch {
		case p.failed:
			return 0, errGone
		case p.rx.queue.Arm():
			continue
		case p.ended:
			return 0, nil
		}
		p.changed.Wait()
	}
}

// Write implements device.Console.
func (p *port) Write(b []byte) (int, error) { return p.tx.write(b) }
