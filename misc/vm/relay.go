package vm

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A relay makes ports of this host lead to a machine that has an address of its own, as QEMU's user network does for others.
type relay struct {
	guest  netip.Addr
	mu     sync.Mutex
	open   map[io.Closer]bool // nil: it has ended
	active sync.WaitGroup
}

var errEnded = errors.New("the machine has ended")

// startRelay opens the ports.
func startRelay(forwards []Forward, guest netip.Addr) (*relay, error) {
	r := &relay{guest: guest, open: map[io.Closer]bool{}}
	for _, f := range forwards {
		if err := r.listen(f); err != nil {
			r.end()
			return nil, err
		}
	}
	return r, nil
}

func (r *relay) listen(f Forward) error {
	to := netip.AddrPortFrom(r.guest, f.Guest)
	if f.UDP {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(f.Host))
		if err == nil {
			err = r.serve(c, func() { r.datagrams(c, to) })
		}
		return err
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(f.Host))
	if err == nil {
		err = r.serve(l, func() { r.connections(l, to) })
	}
	return err
}

// serve has do work with c, which end closes.
func (r *relay) serve(c io.Closer, do func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		c.Close()
		return errEnded
	}
	r.open[c] = true
	r.active.Go(func() {
		do()
		c.Close()
		r.mu.Lock()
		delete(r.open, c)
		r.mu.Unlock()
	})
	return nil
}

// end closes all ports and connections.
func (r *relay) end() {
	r.mu.Lock()
	for c := range r.open {
		c.Close()
	}
	r.open = nil
	r.mu.Unlock()
	r.active.Wait()
}

// connections passes each connection on.
func (r *relay) connections(l *net.TCPListener, to netip.AddrPort) {
	for {
		near, err := l.AcceptTCP()
		if err != nil {
			return
		}
		r.serve(near, func() { r.connection(near, to) })
	}
}

// connection passes bytes on until both sides have ended, each direction's end by itself.
func (r *relay) connection(near *net.TCPConn, to netip.AddrPort) {
	far, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		near.SetLinger(0) // a reset: nobody is there
		return
	}
	var both sync.WaitGroup
	pass := func(to, from *net.TCPConn) {
		defer both.Done()
		io.Copy(to, from)
		to.CloseWrite()
	}
	both.Add(2)
	err = r.serve(far, func() {
		pass(near, far)
		both.Wait()
	})
	if err != nil {
		return
	}
	pass(far, near)
	both.Wait()
}

const (
	maxClients = 1024             // whose datagrams are passed on at a time
	quietFor   = 60 * time.Second // and how long one may be silent
)

// datagrams passes datagrams on, each client's by a socket of its own, by which its answers come.
func (r *relay) datagrams(near *net.UDPConn, to netip.AddrPort) {
	clients := map[netip.AddrPort]*net.UDPConn{}
	gone := make(chan netip.AddrPort, maxClients)
	buf := make([]byte, 64<<10)
	for {
		n, from, err := near.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		for more := true; more; {
			select {
			case client := <-gone:
				delete(clients, client)
			default:
				more = false
			}
		}
		far := clients[from]
		if far == nil && len(clients) < maxClients {
			if far = r.client(near, from, to, gone); far != nil {
				clients[from] = far
			}
		}
		if far != nil {
			far.SetReadDeadline(time.Now().Add(quietFor))
			far.Write(buf[:n])
		}
	}
}

// client opens a client's socket, whose answers go to it until it is silent; then it is gone.
func (r *relay) client(near *net.UDPConn, client, to netip.AddrPort, gone chan<- netip.AddrPort) *net.UDPConn {
	far, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return nil
	}
	far.SetReadDeadline(time.Now().Add(quietFor))
	err = r.serve(far, func() {
		defer func() { gone <- client }()
		buf := make([]byte, 64<<10)
		for {
			n, err := far.Read(buf)
			var timeout net.Error
			if errors.Is(err, net.ErrClosed) || errors.As(err, &timeout) && timeout.Timeout() {
				return
			}
			if err == nil { // else nobody listens there yet
				near.WriteToUDPAddrPort(buf[:n], client)
			}
		}
	})
	if err != nil {
		return nil
	}
	return far
}
