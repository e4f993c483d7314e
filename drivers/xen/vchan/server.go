package vchan

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/store"
	"internal/strconv"
	"sync/atomic"
)

// Names at a channel's path.
const (
	keyRing  = "/ring-ref"
	keyEvent = "/event-channel"
)

var errDomain = errors.New("vchan: the xenstore does not say the machine's number")

// A System is what channels are made with.
type System struct {
	Hypervisor xen.Hypervisor
	Grants     *grant.Table
	Store      *store.Client
}

var machine atomic.Pointer[System]

// Use says what the machine is.
func Use(s *System) { machine.Store(s) }

// Machine returns it, nil when the machine is no guest of Xen's.
func Machine() *System { return machine.Load() }

func (s *System) newChannel() *Channel {
	life := s.Store.Lives()
	return &Channel{hypervisor: s.Hypervisor, stale: func() bool { return s.Store.Lives() != life }}
}

// Domain is the machine's own number.
func (s *System) Domain() (uint16, error) {
	v, err := s.Store.Read(store.None, "domid")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v, 10, 16)
	if err != nil {
		return 0, errDomain
	}
	return uint16(n), nil
}

// Offer makes a channel for a domain and offers it at a path. receive and send are for how many bytes there is room at least.
func (s *System) Offer(domain uint16, path string, receive, send int) (c *Channel, err error) {
	self, err := s.Domain()
	if err != nil {
		return nil, err
	}
	left, right := orders(receive, send)
	// 1. Its memory.
	c = s.newChannel()
	c.serverEnd()
	mem, err := s.share(c, domain, left, right)
	if err != nil {
		return nil, err
	}
	// 2. An event channel.
	if c.port, err = s.Hypervisor.Listen(domain); err != nil {
		c.release()
		return nil, err
	}
	if c.line, err = s.Hypervisor.Line(c.port); err != nil {
		s.Hypervisor.Close(c.port)
		c.release()
		return nil, err
	}
	// 3. We are there and want to know when the client writes, or comes.
	c.update(0, awaited<<clientLive|here<<serverLive|written<<clientNotify)
	c.renew = func() error { return s.publish(path, self, domain, mem.Ref(0), c.port) }
	if err := c.renew(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// share makes the page and the rings' pages, whose list it writes.
func (s *System) share(c *Channel, domain uint16, left, right int) (page *grant.Memory, err error) {
	var all [3]*grant.Memory
	c.release = func() {
		for _, m := range all {
			if m != nil {
				m.Close()
			}
		}
	}
	for i, n := range [3]int{1, pages(left), pages(right)} {
		if n == 0 {
			continue
		}
		if all[i], err = s.Grants.Alloc(domain, n*dma.PageSize, true); err != nil {
			c.release()
			return nil, err
		}
	}
	page = all[0]
	page.Store16(leftOrder, uint16(left))
	page.Store16(rightOrder, uint16(right))
	next := grants
	for i, n := range [3]int{0, pages(left), pages(right)} {
		for k := range n {
			page.Store32(next, all[i].Ref(k*dma.PageSize))
			next += 4
		}
	}
	c.page = page.Memory
	c.in, c.out = leftRing(c.page, data(all[1]), left), rightRing(c.page, data(all[2]), right)
	return page, nil
}

// data is the memory of a ring with pages of its own.
func data(m *grant.Memory) *dma.Memory {
	if m == nil {
		return nil
	}
	return m.Memory
}

// publish says where the channel is, to the one that may know it.
func (s *System) publish(path string, self, domain uint16, ref, port uint32) error {
	return s.Store.Transact(func(t store.Transaction) error {
		for _, v := range []struct {
			key string
			n   uint32
		}{{keyRing, ref}, {keyEvent, port}} {
			if err := s.Store.Write(t, path+v.key, strconv.FormatUint(uint64(v.n), 10)); err != nil {
				return err
			}
			if err := s.Store.Share(t, path+v.key, self, domain); err != nil {
				return err
			}
		}
		return nil
	})
}

// Withdraw takes back what is offered at a path. Channels that were connected stay.
func (s *System) Withdraw(path string) error { return s.Store.Remove(store.None, path) }
