package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/tcp"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A Conn is a connection. It implements net.Conn.
type Conn struct {
	socket        *tcp.Socket
	local, remote *net.TCPAddr
	news          news
	read, write   deadline
}

func newConn(s *tcp.Socket) *Conn {
	c := &Conn{socket: s}
	s.Notify(func(tcp.Readiness) { c.news.tell() })
	return c
}

// failed makes an error of the stack's one of package net's.
func (c *Conn) failed(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: systemError(op, err)}
}

// systemError makes an error of the stack's what a socket would have given.
func systemError(op string, err error) error {
	if e, ok := err.(inet.Errno); ok {
		if e == inet.EBADF {
			return net.ErrClosed
		}
		return os.NewSyscallError(op, syscall.Errno(e))
	}
	return err
}

// until tries until there is something else to say than that it cannot be done yet, or a deadline is over.
func (c *Conn) until(d *deadline, try func() (int, error)) (int, error) {
	for {
		happened := c.news.next()
		if err := d.check(); err != nil {
			return 0, err
		}
		n, err := try()
		if err != inet.EAGAIN {
			return n, err
		}
		<-happened
	}
}

// Read implements net.Conn.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.until(&c.read, func() (int, error) { return c.socket.Recv(b, false) })
	if n == 0 && err == nil && len(b) > 0 {
		return 0, io.EOF
	}
	return n, c.failed("read", err)
}

// Write implements net.Conn.
func (c *Conn) Write(b []byte) (written int, err error) {
	for len(b) > 0 && err == nil {
		var n int
		n, err = c.until(&c.write, func() (int, error) { return c.socket.Send(b) })
		written, b = written+n, b[n:]
	}
	return written, c.failed("write", err)
}

// Close implements net.Conn. What was written is still sent.
func (c *Conn) Close() error {
	err := c.socket.Close()
	c.news.tell()
	return c.failed("close", err)
}

// CloseWrite ends sending: the other side reads the end of the stream.
func (c *Conn) CloseWrite() error { return c.failed("close", c.socket.Shutdown(false, true)) }

// CloseRead ends receiving.
func (c *Conn) CloseRead() error { return c.failed("close", c.socket.Shutdown(true, false)) }

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.read.set(t, &c.news)
	c.write.set(t, &c.news)
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error { c.read.set(t, &c.news); return nil }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { c.write.set(t, &c.news); return nil }
