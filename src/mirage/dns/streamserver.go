package dns

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// What a StreamServer's fields are when they are zero.
const (
	DefaultMaxStreams   = 1024
	DefaultMaxPerClient = 128
	DefaultIdle         = 10 * time.Second // RFC 7766 section 6.2.3: of the order of a few seconds
	DefaultTimeout      = 5 * time.Second
)

// A StreamServer answers queries on connections: those of TCP (RFC 7766), or those of a tls.Listener (RFC 7858). Its
// fields must not change once it serves.
type StreamServer struct {
	// Handle answers one query by calling s.Send for each message of the answer, or s.End. It must not keep query.
	// Server.HandleStream is one.
	Handle func(s *Stream, query []byte)

	// Concurrent is how many queries of one connection are handled at a time, their answers being sent as they are
	// ready (RFC 7766 section 6.2.1.1). 0 is for a Handle that does not wait for anybody: one query after the other,
	// with the answers to those that arrive together leaving together.
	Concurrent int

	// MaxStreams bounds the connections: when there are so many the one that has been waiting for its client for
	// long makes place for a new one. MaxPerClient bounds those of one IPv4 address or one IPv6 network of 64 bits.
	MaxStreams, MaxPerClient int

	Idle    time.Duration // how long a connection may be without a query
	Timeout time.Duration // how long a query may take to arrive, and an answer to leave

	mu        sync.Mutex
	listeners map[net.Listener]bool
	streams   map[*Stream]bool
	clients   map[netip.Addr]int
	closed    bool
	running   sync.WaitGroup
}

var errNoHandle = errors.New("dns: a StreamServer needs Handle")

// Serve accepts connections from l and answers on them until accepting fails, and returns why: net.ErrClosed after
// Close. It closes l. It may be called for several listeners.
func (t *StreamServer) Serve(l net.Listener) error {
	defer l.Close()
	if t.Handle == nil {
		return errNoHandle
	}
	if !t.listen(l) {
		return net.ErrClosed
	}
	defer t.forget(l)
	pause := time.Duration(0)
	for {
		c, err := l.Accept()
		var ne net.Error
		switch {
		case err == nil:
			pause = 0
			t.start(c)
		case t.isClosed():
			return net.ErrClosed
		case errors.As(err, &ne) && ne.Temporary(): // too many open files, say
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
		default:
			return err
		}
	}
}

func (t *StreamServer) listen(l net.Listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	if t.listeners == nil {
		t.listeners, t.streams, t.clients = map[net.Listener]bool{}, map[*Stream]bool{}, map[netip.Addr]int{}
	}
	t.listeners[l] = true
	return true
}

func (t *StreamServer) forget(l net.Listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.listeners, l)
}

func (t *StreamServer) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// start serves c on a goroutine of its own, or closes it when there is no room for it.
func (t *StreamServer) start(c net.Conn) {
	s := &Stream{server: t, conn: c}
	if a, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		s.from = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	s.since.Store(time.Now().UnixNano())
	t.mu.Lock()
	client := clientOf(s.from.Addr())
	if t.closed || t.clients[client] >= or(t.MaxPerClient, DefaultMaxPerClient) || !t.makePlace() {
		t.mu.Unlock()
		c.Close()
		return
	}
	t.streams[s] = true
	t.clients[client]++
	t.running.Add(1)
	t.mu.Unlock()
	go func() {
		defer t.running.Done()
		s.serve()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.streams, s)
		if t.clients[client]--; t.clients[client] == 0 {
			delete(t.clients, client)
		}
	}()
}

// makePlace reports whether there may be one more connection. To that end it may close one that waits for its
// client, of a few picked at random the one that has waited longest.
func (t *StreamServer) makePlace() bool {
	const few = 16
	most := or(t.MaxStreams, DefaultMaxStreams)
	if len(t.streams) < most {
		return true
	}
	if len(t.streams) > most+few { // those closed last have not ended yet
		return false
	}
	var oldest *Stream
	looked := 0
	for s := range t.streams {
		if since := s.since.Load(); since != 0 && (oldest == nil || since < oldest.since.Load()) {
			oldest = s
		}
		if looked++; looked == few {
			break
		}
	}
	if oldest == nil {
		return false
	}
	oldest.since.Store(0)
	oldest.conn.SetReadDeadline(longAgo)
	return true
}

// clientOf returns what of an address counts as one client.
func clientOf(a netip.Addr) netip.Addr {
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// Close ends serving: it accepts no more, reads no more queries, and returns when the answers to those that were read
// are sent, or cannot be sent in time.
func (t *StreamServer) Close() error {
	t.mu.Lock()
	t.closed = true
	for l := range t.listeners {
		l.Close()
	}
	for s := range t.streams {
		s.conn.SetReadDeadline(longAgo)
	}
	t.mu.Unlock()
	t.running.Wait()
	return nil
}

var longAgo = time.Unix(1, 0)

// or returns n, or what stands for 0.
func or[T int | time.Duration](n, instead T) T {
	if n == 0 {
		return instead
	}
	return n
}
