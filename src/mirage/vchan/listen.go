package vchan

import (
	"net"
	"sync"
	"time"

	wire "internal/mirage/drivers/xen/vchan"
)

// defaultBuffer is room for as many bytes as keep both sides busy.
const defaultBuffer = 128 << 10

// MaxBuffer is the most that ListenConfig's sizes can be.
const MaxBuffer = wire.MaxBuffer

// A ListenConfig says how connections are made: for how many bytes there is room each way. They are rounded up to powers of 2, and
// cost the server as much memory; 0 is a default.
type ListenConfig struct {
	Receive, Send int
}

// Listen waits for connections of a domain at a path.
func Listen(domain int, path string) (*Listener, error) { return ListenConfig{}.Listen(domain, path) }

// Listen waits for connections of a domain at a path.
func (c ListenConfig) Listen(domain int, path string) (*Listener, error) {
	l := &Listener{addr: Addr{domain, path}, config: c, closed: make(chan struct{})}
	for _, size := range []*int{&l.config.Receive, &l.config.Send} {
		if *size <= 0 {
			*size = defaultBuffer
		}
	}
	var err error
	if l.system, err = l.addr.system(); err == nil {
		err = l.offer()
	}
	if err != nil {
		return nil, l.addr.fails("listen", err)
	}
	return l, nil
}

// A Listener accepts connections. It implements net.Listener.
type Listener struct {
	system *wire.System
	addr   Addr // the client's domain
	config ListenConfig

	accepting sync.Mutex // one Accept at a time
	offered   *Conn      // to which a client may connect, nil: that could not be made
	closed    chan struct{}
	once      sync.Once
}

// offer makes the connection to which the next client connects.
func (l *Listener) offer() error {
	l.offered = nil
	ch, err := l.system.Offer(uint16(l.addr.Domain), l.addr.Path, l.config.Receive, l.config.Send)
	if err != nil {
		return err
	}
	self, _ := l.system.Domain()
	l.offered = newConn(ch, Addr{int(self), l.addr.Path}, l.addr)
	return nil
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	l.accepting.Lock()
	defer l.accepting.Unlock()
	renew := time.NewTicker(lookAfter) // the client's domain may be made while we wait
	defer renew.Stop()
	for {
		if l.isClosed() {
			return nil, l.addr.fails("accept", net.ErrClosed)
		}
		if l.offered != nil && l.offered.lost.Load() { // the machine was suspended
			l.offered.Close()
			l.offered = nil
		}
		if l.offered == nil {
			if err := l.offer(); err != nil {
				return nil, l.addr.fails("accept", err)
			}
		}
		if c := l.offered; c.channel.Accepted() {
			l.offer() // if it cannot be made, the next Accept tries again and says so
			c.news()
			return c, nil
		}
		select {
		case <-l.offered.writable:
		case <-renew.C:
			if err := l.offered.channel.Renew(); err != nil {
				return nil, l.addr.fails("accept", err)
			}
		case <-l.closed:
		}
	}
}

func (l *Listener) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// Close implements net.Listener. Connections that were accepted stay.
func (l *Listener) Close() error {
	err := l.addr.fails("close", net.ErrClosed)
	l.once.Do(func() {
		close(l.closed)
		l.accepting.Lock()
		defer l.accepting.Unlock()
		err = l.system.Withdraw(l.addr.Path)
		if l.offered != nil {
			l.offered.Close()
		}
	})
	return err
}

// Addr implements net.Listener. Its domain is the one that may connect.
func (l *Listener) Addr() net.Addr { return l.addr }
