package vchan

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/ring"
	"internal/mirage/irq"
)

// ErrClosed says that the other side has closed the channel or is gone.
var ErrClosed = errors.New("vchan: the other side has closed the connection")

// A Channel is one end. One goroutine may read, one write, one wait at a time.
type Channel struct {
	hypervisor xen.Hypervisor
	port       uint32
	line       irq.Line
	page       *dma.Memory
	in, out    ring.Bytes
	own, peer  uint // shifts of the bytes that say who is there
	tell, ask  uint // and of what the other side, and what we, want to be told of
	release    func()
	renew      func() error // of a channel that is offered
	stale      func() bool  // the machine has become another domain: nothing leads anywhere any more
}

// serverEnd and clientEnd make c the end of a side.
func (c *Channel) serverEnd() {
	c.own, c.peer, c.tell, c.ask = serverLive, clientLive, serverNotify, clientNotify
}

func (c *Channel) clientEnd() {
	c.own, c.peer, c.tell, c.ask = clientLive, serverLive, clientNotify, serverNotify
}

// update clears bits of state and sets others, and returns what state was. The other side changes its bytes meanwhile.
func (c *Channel) update(clear, set uint32) (old uint32) {
	for {
		old = c.page.Load32(state)
		if c.page.CompareAndSwap32(state, old, old&^clear|set) {
			return old
		}
	}
}

// there is what the other side says of itself.
func (c *Channel) there() byte { return byte(c.page.Load32(state) >> c.peer) }

// want asks to be told when the other side does something next.
func (c *Channel) want(bit uint32) {
	c.update(0, bit<<c.ask)
	// The wish is to be seen before the counts are read for the last time. Else the other side may act while it still sees no
	// wish, and we, who read the old counts, would wait for ever.
	dma.FullBarrier()
}

// did tells the other side that we have done something, if it wants to know.
func (c *Channel) did(bit uint32) {
	// The count is to be seen before the wish is read, for the same reason.
	dma.FullBarrier()
	if c.page.Load32(state)&(bit<<c.tell) != 0 && c.update(bit<<c.tell, 0)&(bit<<c.tell) != 0 {
		c.hypervisor.Notify(c.port)
	}
}

// Read reads what is there, at most len(p) bytes. If nothing is it returns 0, and there will be an event when there is. What the
// other side has written before it closed is read before the error ErrClosed.
func (c *Channel) Read(p []byte) (int, error) {
	n, err := c.read(p)
	if n > 0 || err != nil {
		return n, err
	}
	c.want(written)
	return c.read(p)
}

func (c *Channel) read(p []byte) (int, error) {
	open := c.there() != gone
	// Whether it is there is to be read before how much there is: it writes before it goes.
	dma.ReadBarrier()
	n := c.in.Read(p)
	if n > 0 {
		c.did(taken)
		return n, nil
	}
	if err := c.in.Err(); err != nil || open {
		return 0, err
	}
	return 0, ErrClosed
}

// Write writes as much of p as there is room for. If that is not all, there will be an event when there is room.
func (c *Channel) Write(p []byte) (int, error) {
	n, err := c.write(p)
	if n == len(p) || err != nil {
		return n, err
	}
	c.want(taken)
	more, err := c.write(p[n:])
	return n + more, err
}

func (c *Channel) write(p []byte) (int, error) {
	if c.there() == gone {
		return 0, ErrClosed
	}
	n := c.out.Write(p)
	if n > 0 {
		c.did(written)
	}
	return n, c.out.Err()
}

// Wait waits for an event, and returns false once Stop was called.
func (c *Channel) Wait() bool { return c.line.Wait() }

// Accepted reports whether a client has connected to the channel, which was offered.
func (c *Channel) Accepted() bool { return c.there() != awaited }

// Renew offers the channel again. The xenstore lets nobody read what was written before their domain was made, whoever it was shared with.
func (c *Channel) Renew() error { return c.renew() }

// Lost reports whether the other end of a channel has vanished, which a domain that ends does not say; or whether nobody can find
// this one any more, because the machine has become another domain.
func (c *Channel) Lost() bool { return c.stale() || c.Accepted() && !c.hypervisor.Bound(c.port) }

// Stop has Wait return.
func (c *Channel) Stop() { c.line.Close() }

// Close ends the channel, which nobody uses any more. What was written can still be read at the other end.
func (c *Channel) Close() {
	c.update(0xff<<c.own, gone)
	c.hypervisor.Notify(c.port)
	c.line.Close()
	c.hypervisor.Close(c.port)
	c.release()
}
