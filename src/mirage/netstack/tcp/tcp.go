package tcp

import (
	"context"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/wire"
	"mirage/netstack"
	"net"
	"net/netip"
	"time"
)

// backlog is how many connections may wait to be accepted: net.core.somaxconn.
const backlog = 4096

// A Listener accepts connections. It implements net.Listener.
type Listener struct {
	stack  *netstack.Stack
	socket *tcp.Socket
	addr   *net.TCPAddr
	news   news
}

// Listen listens on an address of the stack's, or an unspecified one for all (the IPv6 one for both families), and a port; 0 stands
// for one that is free. The errors are those of net.Listen.
func Listen(s *netstack.Stack, addr netip.AddrPort) (*Listener, error) {
	l := &Listener{stack: s, addr: net.TCPAddrFromAddrPort(addr)}
	err := error(inet.EINVAL)
	if addr.IsValid() {
		l.socket = on(s).NewSocket(!addr.Addr().Unmap().Is4())
		if err = l.listen(addr); err != nil {
			l.socket.Close()
		}
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: l.addr, Err: systemError("bind", err)}
	}
	l.addr = l.name(l.socket.Local())
	return l, nil
}

func (l *Listener) listen(addr netip.AddrPort) error {
	if a := addr.Addr(); !a.IsUnspecified() && !a.IsLoopback() {
		l.stack.Wait()
	}
	at, err := place(l.stack, addr)
	if err != nil {
		return err
	}
	l.socket.Configure(func(o *tcp.Options) { o.ReuseAddr = true }) // as package net has it
	if err := l.socket.Bind(at); err != nil {
		return err
	}
	l.socket.Notify(func(tcp.Readiness) { l.news.tell() })
	return l.socket.Listen(backlog)
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		happened := l.news.next()
		s, peer, err := l.socket.Accept()
		if err == nil {
			s.Configure(options)
			c := newConn(s)
			c.local, c.remote = l.name(s.Local()), l.name(peer)
			return c, nil
		}
		if err != inet.EAGAIN {
			return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: systemError("accept", err)}
		}
		<-happened
	}
}

// Close implements net.Listener. Connections that nobody has accepted are reset.
func (l *Listener) Close() error {
	err := l.socket.Close()
	l.news.tell()
	if err != nil {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.addr, Err: systemError("close", err)}
	}
	return nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.addr }

func (l *Listener) name(a wire.AddrPort) *net.TCPAddr { return name(l.stack, a) }

// options are those that package net gives its connections: no delay, and signs of life asked for each 15 seconds.
func options(o *tcp.Options) {
	o.SetNoDelay(true)
	o.SetKeepAlive(true)
	o.SetKeepIdle(int64(15 * time.Second))
	o.SetKeepInterval(int64(15 * time.Second))
	o.SetKeepCount(9)
}

// Dial connects to an address. The errors are those of net.Dial, and ctx's.
func Dial(ctx context.Context, s *netstack.Stack, addr netip.AddrPort) (*Conn, error) {
	if !addr.IsValid() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: systemError("connect", inet.EINVAL)}
	}
	c := newConn(on(s).NewSocket(!addr.Addr().Unmap().Is4()))
	c.remote = net.TCPAddrFromAddrPort(addr)
	if !addr.Addr().IsLoopback() {
		s.Wait()
	}
	to, err := place(s, addr)
	if err == nil {
		c.socket.Configure(options)
		err = c.connect(ctx, to)
	}
	if err != nil {
		c.socket.Close()
		return nil, c.failed("dial", err)
	}
	c.local = name(s, c.socket.Local())
	return c, nil
}

// connect waits until the connection stands. Which way it ends the socket says when it is asked again.
func (c *Conn) connect(ctx context.Context, to wire.AddrPort) error {
	for {
		happened := c.news.next()
		switch err := c.socket.Connect(to); err {
		case nil, inet.EISCONN:
			return nil
		case inet.EINPROGRESS, inet.EALREADY:
		default:
			return err
		}
		select {
		case <-happened:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// place is an address as the stack knows it.
func place(s *netstack.Stack, a netip.AddrPort) (at wire.AddrPort, err error) {
	at = wire.AddrPort{Addr: wire.AddrFrom16(a.Addr().As16()), Port: a.Port()}
	if zone := a.Addr().Zone(); zone != "" {
		err = inet.ENODEV
		for _, i := range s.Interfaces() {
			if i.Name == zone {
				at.Zone, err = uint32(i.Index), nil
			}
		}
	}
	return at, err
}

// name is an address of the stack's as package net has it.
func name(s *netstack.Stack, a wire.AddrPort) *net.TCPAddr {
	n := &net.TCPAddr{Port: int(a.Port)}
	if a.Addr.Is4() {
		b := a.Addr.As4()
		n.IP = b[:]
		return n
	}
	b := a.Addr.As16()
	n.IP = b[:]
	if a.Zone != 0 {
		n.Zone = s.Under().Interface(int(a.Zone)).Name()
	}
	return n
}
