package vchan

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/store"
	"internal/strconv"
)

// Why there may be no channel to connect to. A server that has just accepted another client offers a new one soon: ErrBusy.
var (
	ErrNobody = errors.New("vchan: no server offers a channel there to this machine: is it running, and does it expect this machine's number?")
	ErrBusy   = errors.New("vchan: another client has connected to the channel")

	errNumber = errors.New("vchan: the xenstore says something of the channel that is no number")
)

// Connect connects to the channel that a domain offers at a path.
func (s *System) Connect(domain uint16, path string) (c *Channel, err error) {
	// 1. Where it is.
	ref, err := s.number(path + keyRing)
	if err != nil {
		return nil, err
	}
	remote, err := s.number(path + keyEvent)
	if err != nil {
		return nil, err
	}
	c = s.newChannel()
	c.clientEnd()
	// 2. The event channel, which only one can have. Both it and the page may be of a channel that has gone meanwhile.
	if c.port, err = s.Hypervisor.Bind(domain, remote); err != nil {
		return nil, ErrBusy
	}
	if c.line, err = s.Hypervisor.Line(c.port); err != nil {
		s.Hypervisor.Close(c.port)
		return nil, err
	}
	// 3. Its memory.
	if err := s.attach(c, domain, ref); err != nil {
		c.line.Close()
		s.Hypervisor.Close(c.port)
		return nil, err
	}
	// 4. We are there and want to know when the server writes.
	c.update(0xff<<clientLive, here<<clientLive|written<<serverNotify)
	s.Hypervisor.Notify(c.port)
	return c, nil
}

// number reads a number that a server has written.
func (s *System) number(path string) (uint32, error) {
	v, err := s.Store.Read(store.None, path)
	if err == store.ErrNotFound || err == store.ErrDenied {
		return 0, ErrNobody
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil {
		return 0, errNumber
	}
	return uint32(n), nil
}

// attach maps the channel's memory. The server may change what the page says while it is read: it is read once.
func (s *System) attach(c *Channel, domain uint16, ref uint32) error {
	page, unmap, err := s.Hypervisor.Map(domain, []uint32{ref})
	if err != nil {
		return ErrBusy
	}
	c.page, c.release = page, unmap
	left, right := int(page.Load16(leftOrder)), int(page.Load16(rightOrder))
	err = check(left, right)
	if err == nil && byte(page.Load32(state)>>clientLive) != awaited {
		err = ErrBusy
	}
	if err == nil {
		err = s.attachRings(c, domain, left, right)
	}
	if err != nil {
		c.release()
	}
	return err
}

// attachRings maps the rings' own pages.
func (s *System) attachRings(c *Channel, domain uint16, left, right int) error {
	var mems [2]*dma.Memory
	next := grants
	for i, order := range [2]int{left, right} {
		refs := make([]uint32, pages(order))
		if len(refs) == 0 {
			continue
		}
		for k := range refs {
			refs[k] = c.page.Load32(next)
			next += 4
		}
		mem, unmap, err := s.Hypervisor.Map(domain, refs)
		if err != nil {
			return err
		}
		before := c.release
		c.release = func() { unmap(); before() }
		mems[i] = mem
	}
	c.out = leftRing(c.page, mems[0], left)
	c.in = rightRing(c.page, mems[1], right)
	return nil
}
