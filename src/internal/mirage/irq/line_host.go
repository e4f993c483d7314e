//go:build !mirage

package irq

import "sync"

// The made-up interrupt controller of host tests.
var host struct {
	mu       sync.Mutex
	wired    map[uint32]*Event
	messages map[uint64]*Event
}

// messageBase is the address of the first made-up message, as far from the made-up memory as on a PC.
const messageBase = 0xfee00000

// Name says which device raises a line. On the host nobody lists them.
func Name(Line, string) {}

func newWired(in Input) (Line, error) {
	host.mu.Lock()
	defer host.mu.Unlock()
	if host.wired == nil {
		host.wired = map[uint32]*Event{}
	}
	if host.wired[in.Number] != nil {
		return nil, errNoInput
	}
	e := NewEvent()
	host.wired[in.Number] = e
	return e, nil
}

// Fire drives the input as a device does. It is for device models; one that nobody uses is not noticed.
func Fire(number uint32) {
	host.mu.Lock()
	e := host.wired[number]
	host.mu.Unlock()
	if e != nil {
		e.Raise()
	}
}

func newMessage() (Message, error) {
	host.mu.Lock()
	defer host.mu.Unlock()
	if host.messages == nil {
		host.messages = map[uint64]*Event{}
	}
	m := Message{Line: NewEvent(), Addr: messageBase + uint64(len(host.messages))*4096, Data: uint32(len(host.messages))}
	host.messages[m.Addr] = m.Line.(*Event)
	return m, nil
}

// Signal writes data to addr as a device does that signals a message, and reports whether there is such a message.
// It is for device models.
func Signal(addr uint64, data uint32) bool {
	host.mu.Lock()
	e := host.messages[addr]
	host.mu.Unlock()
	if e == nil || uint64(data) != (addr-messageBase)/4096 {
		return false
	}
	e.Raise()
	return true
}
