package pci

import (
	"errors"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/irq"
)

var (
	errVector = errors.New("virtio-pci: the device has no room for an interrupt vector")
	errNoIRQ  = errors.New("virtio-pci: no MSI-X, and nobody knows what the interrupt pin leads to")
	errLines  = errors.New("virtio-pci: more interrupts than were announced")
)

// interrupts are a transport's lines.
type interrupts struct {
	vectors int        // of MSI-X, 0 with the pin; 0 is the configuration's, the last that of the queues that share
	lines   []irq.Line // one for each queue with an interrupt
	given   int        // of them
}

// Connect implements virtio.Transport.
func (t *Transport) Connect(lines int) (irq.Line, error) {
	m, err := t.function.MSIX()
	if err != nil {
		return t.connectPin(lines)
	}
	config := t.connectMessages(m, lines)
	if config == nil { // none left, or an interrupt controller without messages
		return t.connectPin(lines)
	}
	configVector.Store(t.common, 0)
	if configVector.Load(t.common) != 0 {
		return nil, errVector // section 4.1.5.1.2: the device says so when it lacks the means
	}
	return config, nil
}

// connectMessages uses MSI-X, with a vector for each queue, one for all, or one for everything: what can be had. It
// returns nil when not even that can.
func (t *Transport) connectMessages(m *pci.MSIX, lines int) (config irq.Line) {
	for _, n := range []int{lines + 1, 2, 1} {
		got, err := m.Vectors(n)
		if err != nil {
			continue
		}
		t.vectors = n
		if n == lines+1 {
			t.lines = got[1:]
			return got[0]
		}
		events := newEvents(lines)
		t.lines = asLines(events)
		config = got[0]
		if n == 1 {
			changed := irq.NewEvent()
			events = append(events, changed)
			config = changed
		}
		go func() {
			for got[n-1].Wait() {
				raise(events)
			}
		}()
		return config
	}
	return nil
}

// connectPin uses the pin, section 4.1.5.3: the handler finds out why.
func (t *Transport) connectPin(lines int) (irq.Line, error) {
	in, ok := t.function.Interrupt()
	if !ok {
		return nil, errNoIRQ
	}
	t.function.UsePin()
	in.Name = t.Name()
	events, changed := newEvents(lines), irq.NewEvent()
	t.lines = asLines(events)
	return changed, irq.Attach(in, func() {
		reasons := isr.Load(t.isr)
		if reasons&reasonQueue != 0 {
			raise(events)
		}
		if reasons&reasonConfig != 0 {
			changed.Raise()
		}
	})
}

// nextLine returns the line and vector of the next queue that has an interrupt.
func (i *interrupts) nextLine() (line irq.Line, vector uint16, err error) {
	if i.given == len(i.lines) {
		return nil, 0, errLines
	}
	line = i.lines[i.given]
	i.given++
	switch {
	case i.vectors == 0:
		vector = noVector
	case i.vectors == len(i.lines)+1:
		vector = uint16(i.given)
	default:
		vector = uint16(i.vectors - 1)
	}
	return line, vector, nil
}

func newEvents(n int) []*irq.Event {
	events := make([]*irq.Event, n)
	for i := range events {
		events[i] = irq.NewEvent()
	}
	return events
}

func asLines(events []*irq.Event) []irq.Line {
	lines := make([]irq.Line, len(events))
	for i, e := range events {
		lines[i] = e
	}
	return lines
}

func raise(events []*irq.Event) {
	for _, e := range events {
		e.Raise()
	}
}
