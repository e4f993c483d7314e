package store

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/ring"
	"sync"
	"sync/atomic"
)

// An Error is what the store answers to a request that fails.
type Error string

func (e Error) Error() string { return "xenstore: " + string(e) }

// The errors that are asked for.
const (
	ErrNotFound Error = "ENOENT"
	ErrAgain    Error = "EAGAIN" // another transaction came first
	ErrDenied   Error = "EACCES"
)

var (
	errGone  = errors.New("xenstore: the event channel was closed")
	errSize  = errors.New("xenstore: a message is longer than any may be")
	errReply = errors.New("xenstore: an answer to no question")
	errTime  = errors.New("xenstore: a request has had no answer for half a minute: is the xenstore's daemon running?")
)

// patience is how long an answer may take, nanoseconds.
const patience = 30 * clock.Second

// A message is what the store sends.
type message struct {
	header
	body []byte
}

// A Client talks to the xenstore.
type Client struct {
	requests, replies ring.Bytes
	channel           *xen.Channel
	in                []byte      // the beginning of the next message; the receiving goroutine's
	emptied           atomic.Bool // the ring was: what in has is no beginning of anything
	lives             atomic.Uint32

	transacting sync.RWMutex // by those who make transactions, which do not survive the machine
	asking      sync.Mutex   // one request at a time
	next        uint32       // its number
	patience    int64

	mu      sync.Mutex
	room    sync.Cond       // for requests, or the client has failed
	asked   uint32          // the number of the request that waits for its answer, 0: none does
	late    bool            // it has waited for too long
	given   map[uint32]bool // requests that were given up, and may still be answered
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
	c := newClient(s)
	go c.serve()
	return c, nil
}

func newClient(s *xen.Channel) *Client {
	mem := s.Mem
	c := &Client{
		requests: ring.Bytes{Mem: mem, Counts: mem, Data: requestData, Size: ringSize, Taken: requestTaken, Put: requestPut},
		replies:  ring.Bytes{Mem: mem, Counts: mem, Data: replyData, Size: ringSize, Taken: replyTaken, Put: replyPut},
		channel:  s,
		in:       make([]byte, 0, headerSize+maxBody),
		answer:   make(chan message, 1),
		patience: patience,
		given:    map[uint32]bool{},
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
		if err == nil && !c.channel.Line.Wait() {
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
	c.channel.Line.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	c.room.Broadcast()
	close(c.failed)
}

// receive takes all messages that are there.
func (c *Client) receive() error {
	for {
		at := len(c.in)
		n := c.replies.Read(c.in[at:c.wanted()])
		// A ring that was emptied has something only once that was said.
		if c.emptied.Swap(false) {
			copy(c.in[:n], c.in[at:at+n])
			c.in = c.in[:0]
		}
		if n == 0 {
			return c.replies.Err()
		}
		c.channel.Notify() // there is room for more
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
	if c.given[m.request] {
		delete(c.given, m.request)
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
	return c.request(k, t, parts...)
}

// request is ask for one who has asking.
func (c *Client) request(k kind, t Transaction, parts ...string) ([]byte, error) {
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
	return c.exchange(k, b)
}

// exchange sends a request and waits for its answer.
func (c *Client) exchange(k kind, request []byte) ([]byte, error) {
	over, id := make(chan struct{}), c.next
	c.mu.Lock()
	c.asked, c.late = id, false
	c.mu.Unlock()
	timer := clock.AfterFunc(c.patience, func() {
		c.mu.Lock()
		c.late = c.late || c.asked == id
		c.mu.Unlock()
		c.room.Broadcast()
		close(over)
	})
	defer timer.Stop()
	if err := c.send(request); err != nil {
		return nil, err
	}
	select {
	case <-over:
		return nil, c.giveUp()
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

// giveUp waits for the answer no longer.
func (c *Client) giveUp() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == 0 {
		<-c.answer // it has come just now, and nobody wants it any more
		return errTime
	}
	c.given[c.asked] = true
	c.asked = 0
	return errTime
}

// send puts a request into the ring, waiting while that is full. One that is there in part cannot be taken back: if the rest
// finds no room, that is the client's end.
func (c *Client) send(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	whole := len(b)
	for {
		if c.err != nil {
			return c.err
		}
		n := 0
		if len(b) > ringSize || len(b) <= c.requests.Room() { // else it waits as a whole, and can be taken back
			n = c.requests.Write(b)
		}
		if err := c.requests.Err(); err != nil {
			return err
		}
		if n > 0 {
			c.channel.Notify()
		}
		if b = b[n:]; len(b) == 0 {
			return nil
		}
		switch {
		case n > 0:
		case !c.late:
			c.room.Wait()
		case len(b) == whole:
			c.asked = 0
			return errTime
		default:
			c.channel.Line.Close() // serve ends the client
			return errTime
		}
	}
}
