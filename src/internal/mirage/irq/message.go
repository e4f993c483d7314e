package irq

import (
	"errors"
	"sync"
)

// A Message is a message-signalled interrupt: a device that writes Data to Addr raises Line.
type Message struct {
	Line Line
	Addr uint64
	Data uint32
}

// ErrNoMessage says that the machine has no message-signalled interrupts, or none left.
var ErrNoMessage = errors.New("irq: no message-signalled interrupt left")

var messages struct {
	mu     sync.Mutex
	source func() (Message, error)
}

// SetMessages makes source the giver of messages: the driver of an interrupt controller's message frame calls it.
func SetMessages(source func() (Message, error)) {
	messages.mu.Lock()
	defer messages.mu.Unlock()
	messages.source = source
}

// NewMessage returns a message that nobody else has. The caller closes its line when the device is gone.
func NewMessage() (Message, error) {
	messages.mu.Lock()
	defer messages.mu.Unlock()
	if messages.source != nil {
		return messages.source()
	}
	return newMessage()
}
