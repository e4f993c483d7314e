package store

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/ring"
	"internal/mirage/irq"
	"sync"
)

// An Error is what the store answers to a request that fails.
type Error string

func (e Error) Error() string { return "xenstore: " + string(e) }

// The errors that are asked for.
const (
	ErrNotFound Error = "ENOENT"
	ErrAgain    Error = "EAGAIN" // another transaction came first
)

var (
	errGone  = errors.New("xenstore: the event channel was closed")
	errSize  = errors.New("xenstore: a message is longer than any may be")
	errReply = errors.New("xenstore: an answer to no question")
)

// A message is what the store sends.
type message struct {
	header
	body []byte
}

// A Client talks to the xenstore.
type Client struct {
	requests, replies ring.Bytes
	line              irq.Line
	notify            func()
	in                []byte // the beginning of the next message; the receiving goroutine's

	asking sync.Mutex // one request at a time
	next   uint32     // its number

	mu      sync.Mutex
	room    sync.Cond // for requests, or the client has failed
	asked   uint32    // the number of the request that waits for its answer, 0: none does
	answer  chan message
	watches map[string]*Watch // by token
	tokens  uint64
	err     error
	failed  chan struct{}
}

// Open connects to the machine's store.
func Open(h xen.Hypervisor) (*Client, error) {
	s, err := xen.Connect(h, xen.StoreFrame, xen.StorePort)
	if err != nil {
		return nil, err
	}
	c := newClient(s.Mem, s.Line, s.Notify)
	go c.serve()
	return c, nil
}

func newClient(mem *dma.Memory, line irq.Line, notify func()) *Client {
	c := &Client{
		requests: ring.Bytes{Mem: mem, Data: requestData, Size: ringSize, Taken: requestTaken, Put: requestPut},
		replies:  ring.Bytes{Mem: mem, Data: replyData, Size: ringSize, Taken: replyTaken, Put: replyPut},
		line:     line,
		notify:   notify,
		in:       make([]byte, 0, headerSize+maxBody),
		answer:   make(chan message, 1),
		watches:  map[string]*Watch{},
		failed:   make(chan struct{}),
	}
	c.room.L = &c.mu
	return c
}

// serve receives until the store fails.
func (c *Client) serve() {
	for {
		err := c.receive()
		c.mu.Lock()
		c.room.Broadcast()
		c.mu.Unlock()
		if err == nil && !c.line.Wait() {
			err = errGone
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// fail ends the client.
func (c *Client) fail(err error) {
	device.Report("xenstore", err)
	c.line.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	c.room.Broadcast()
	close(c.failed)
}

// receive takes all messages that are there.
func (c *Client) receive() error {
	for {
		n := c.replies.Read(c.in[len(c.in):c.wanted()])
		if n == 0 {
			return c.replies.Err()
		}
		c.notify() // there is room for more
		c.in = c.in[:len(c.in)+n]
		if len(c.in) < headerSize {
			continue
		}
		h := parseHeader(c.in)
		if h.size > maxBody {
			return errSize
		}
		if len(c.in) < c.wanted() {
			continue
		}
		if err := c.deliver(message{h, append([]byte(nil), c.in[headerSize:]...)}); err != nil {
			return err
		}
		c.in = c.in[:0]
	}
}

// wanted is how many bytes of the message are known to be there, its header at first.
func (c *Client) wanted() int {
	if len(c.in) < headerSize {
		return headerSize
	}
	return headerSize + int(parseHeader(c.in).size)
}

// deliver gives a message to who waits for it.
func (c *Client) deliver(m message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.kind == watchEvent {
		// The path that changed, and the token. A watch that was just ended may still have events on their way.
		if s := splitNUL(m.body); len(s) >= 2 && c.watches[s[1]] != nil {
			c.watches[s[1]].raise()
		}
		return nil
	}
	if c.asked == 0 || m.request != c.asked {
		return errReply
	}
	c.asked = 0
	c.answer <- m
	return nil
}

// ask makes a request whose body is the parts, and returns the body of the answer.
func (c *Client) ask(k kind, t Transaction, parts ...string) ([]byte, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.next++
	if c.next == 0 {
		c.next = 1
	}
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	if size > maxBody {
		return nil, Error("E2BIG")
	}
	b := header{k, c.next, t, uint32(size)}.append(make([]byte, 0, headerSize+size))
	for _, p := range parts {
		b = append(b, p...)
	}
	if err := c.send(b); err != nil {
		return nil, err
	}
	select {
	case m := <-c.answer:
		switch s := splitNUL(m.body); {
		case m.kind == failure && len(s) > 0:
			return nil, Error(s[0])
		case m.kind != k:
			return nil, errReply
		}
		return m.body, nil
	case <-c.failed:
		return nil, c.err
	}
}

// send puts a request into the ring, waiting while that is full.
func (c *Client) send(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = c.next
	for {
		if c.err != nil {
			return c.err
		}
		n := c.requests.Write(b)
		if err := c.requests.Err(); err != nil {
			return err
		}
		if n > 0 {
			c.notify()
		}
		if b = b[n:]; len(b) == 0 {
			return nil
		}
		if n == 0 {
			c.room.Wait()
		}
	}
}
