package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"internal/poll"
	"net/netip"
	"sync"
)

// A Handler answers one datagram. query is its payload; the answer is appended to dst, which has length 0 and the
// capacity of one packet, and is returned; an empty one sends nothing. It keeps neither slice. It is called at once from
// several goroutines, must not block, and answers the sender: to call, rather than answer, is what sockets are for.
type Handler func(dst, query []byte, from netip.AddrPort) []byte

// A UDP is a port whose datagrams a Handler answers.
type UDP struct {
	addr  netip.AddrPort
	done  chan struct{} // closed when it serves no more
	err   error         // why, read after done
	close func()
}

// Addr is where it serves.
func (u *UDP) Addr() netip.AddrPort { return u.addr }

// Wait returns when it serves no more: net.ErrClosed after Close, else what went wrong.
func (u *UDP) Wait() error {
	<-u.done
	return u.err
}

// Close ends serving.
func (u *UDP) Close() { u.close() }

// maxDatagram is the largest UDP payload over IPv4, bytes.
const maxDatagram = 65507

// HandleUDP makes h answer what comes to addr: an address of the stack's, or an unspecified one for all, and a port, 0 for one that
// is free. The errors are those of net.ListenUDP but for their form.
func (s *Stack) HandleUDP(addr netip.AddrPort, h Handler) (*UDP, error) {
	u := &UDP{addr: addr, done: make(chan struct{})}
	open := s.direct
	if !addr.Addr().IsUnspecified() || addr.Port() == 0 {
		open = s.bound
	}
	stop, err := open(u, h)
	if err != nil {
		return nil, failed("bind", err)
	}
	var once sync.Once
	u.close = func() {
		once.Do(func() {
			stop()
			u.err = poll.ErrNetClosing // net.ErrClosed, without package net
			close(u.done)
		})
	}
	return u, nil
}

// direct serves where frames come: the answer is written where the card takes it from.
func (s *Stack) direct(u *UDP, h Handler) (stop func(), err error) {
	port := u.addr.Port()
	stop = func() { s.udp.Handle(port, nil) }
	return stop, s.udp.Handle(port, func(dst, query []byte, from wire.AddrPort) []byte { return h(dst, query, s.peer(from)) })
}

// bound serves one address of several, or a port that the stack shall choose, by way of a queue.
func (s *Stack) bound(u *UDP, h Handler) (stop func(), err error) {
	a := u.addr.Addr()
	zone, err := s.zone(a)
	if err != nil {
		return nil, err
	}
	socket := s.udp.NewSocket(!a.Is4())
	if err := socket.Bind(wire.On(toWire(a), u.addr.Port(), zone)); err != nil {
		socket.Close()
		return nil, err
	}
	u.addr = netip.AddrPortFrom(a, socket.Local().Port)
	come := make(chan struct{}, 1)
	socket.Notify(func(readable, _ bool) {
		if readable {
			select {
			case come <- struct{}{}:
			default: // it will look
			}
		}
	})
	go s.answer(socket, h, come)
	return func() { socket.Close() }, nil // of which the socket tells
}

// answer answers what waits each time that something has come, until the socket is closed.
func (s *Stack) answer(socket *udp.Socket, h Handler, come <-chan struct{}) {
	query, answer := make([]byte, maxDatagram), make([]byte, 0, maxDatagram)
	for range come {
		for {
			n, d, err := socket.Recv(query, false)
			if err == inet.EBADF {
				return
			}
			if err == inet.EAGAIN {
				break
			}
			if err != nil {
				continue // of an answer that did not arrive
			}
			if a := h(answer, query[:n], s.peer(d.From)); len(a) > 0 {
				socket.SendTo(a, d.From, udp.Control{Src: d.Dst})
			}
		}
	}
}
