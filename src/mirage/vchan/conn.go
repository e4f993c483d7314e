package vchan

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	wire "internal/mirage/drivers/xen/vchan"
)

// lookAfter is how often a connection looks whether the other side is still there: nobody tells of a domain that ends.
const lookAfter = 2 * time.Second

// A Conn is a connection. It implements net.Conn.
type Conn struct {
	channel       *wire.Channel
	local, remote Addr

	reading, writing   sync.Mutex    // who does
	readable, writable chan struct{} // there was an event; each holds one token at most
	readBy, writeBy    deadline
	lost               atomic.Bool // the other side has vanished
	closed             chan struct{}
	once               sync.Once
	background         sync.WaitGroup
}

func newConn(c *wire.Channel, local, remote Addr) *Conn {
	conn := &Conn{
		channel: c, local: local, remote: remote,
		readable: make(chan struct{}, 1), writable: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	conn.background.Go(conn.watch)
	conn.background.Go(conn.look)
	return conn
}

// news wakes who reads and who writes.
func (c *Conn) news() {
	for _, ready := range []chan struct{}{c.readable, c.writable} {
		select {
		case ready <- struct{}{}:
		default: // it is to look already
		}
	}
}

// watch passes events on.
func (c *Conn) watch() {
	for c.channel.Wait() {
		c.news()
	}
}

// look looks whether the other side is still there.
func (c *Conn) look() {
	t := time.NewTicker(lookAfter)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if c.channel.Lost() {
				c.lost.Store(true)
				c.news()
				return
			}
		case <-c.closed:
			return
		}
	}
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	n, err := c.transfer(c.readable, &c.readBy, func() (int, error) { return c.channel.Read(p) }, len(p) == 0)
	switch err {
	case nil:
	case wire.ErrClosed:
		err = io.EOF
	default:
		err = c.remote.fails("read", err)
	}
	return n, err
}

// Write implements net.Conn. It returns when all is where the other side reads it, whether it has or not.
func (c *Conn) Write(p []byte) (n int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		k, err := c.transfer(c.writable, &c.writeBy, func() (int, error) { return c.channel.Write(p[n:]) }, n == len(p))
		n += k
		if err == wire.ErrClosed {
			err = syscall.EPIPE
		}
		if err != nil {
			return n, c.remote.fails("write", err)
		}
		if n == len(p) {
			return n, nil
		}
	}
}

// transfer has try read or write, again at each event until it has done something; enough says that nothing is enough.
func (c *Conn) transfer(ready chan struct{}, by *deadline, try func() (int, error), enough bool) (int, error) {
	for {
		select {
		case <-c.closed:
			return 0, net.ErrClosed
		case <-by.over():
			return 0, os.ErrDeadlineExceeded
		default:
		}
		lost := c.lost.Load()
		n, err := try()
		if n > 0 || err != nil || enough {
			return n, err
		}
		if lost {
			return 0, syscall.ECONNRESET
		}
		select {
		case <-ready:
		case <-by.over():
		case <-c.closed:
		}
	}
}

// Close implements net.Conn. What was written can still be read at the other end.
func (c *Conn) Close() error {
	err := c.remote.fails("close", net.ErrClosed)
	c.once.Do(func() {
		err = nil
		close(c.closed)
		c.channel.Stop()
		c.background.Wait()
		c.reading.Lock()
		defer c.reading.Unlock()
		c.writing.Lock()
		defer c.writing.Unlock()
		c.channel.Close()
	})
	return err
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.set(&c.readBy, t) }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.set(&c.writeBy, t) }

func (c *Conn) set(by *deadline, t time.Time) error {
	select {
	case <-c.closed:
		return c.remote.fails("set", net.ErrClosed)
	default:
		by.set(t)
		return nil
	}
}
