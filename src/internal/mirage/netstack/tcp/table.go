package tcp

import (
	"internal/mirage/netstack/inet"
	"math/bits"
	"sync"
)

// A table finds the socket of a connection. It has parts with a lock of their own, so that cards on different CPUs seldom
// wait for each other, and each part grows with what is in it.
type table struct {
	secret inet.Secret
	parts  [tableParts]tablePart
}

const tableParts = 64

type tablePart struct {
	mu    sync.Mutex
	lists []*Socket // a power of two of them; chained by Socket.chain
	count int
}

// place returns the part that a tuple belongs to, and its hash there: the halves of products with secret words, which a peer that
// never sees the order of a list cannot aim at, in a tenth of SipHash's instructions.
func (t *table) place(u *tuple) (*tablePart, uint64) {
	k := &t.secret
	localHi, localLo := u.local.Addr.Words()
	remoteHi, remoteLo := u.remote.Addr.Words()
	h := fold(localHi^k[0], localLo^k[1])
	h = fold(remoteHi^h, remoteLo^k[0])
	h = fold(uint64(u.local.Port)<<16|uint64(u.remote.Port)^h, uint64(u.remote.Zone)^k[1])
	return &t.parts[h%tableParts], h / tableParts
}

// fold is the two halves of a product together.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func (p *tablePart) list(h uint64) **Socket { return &p.lists[h&uint64(len(p.lists)-1)] }

// find returns the socket of a connection, nil if there is none.
func (t *table) find(u *tuple) *Socket {
	p, h := t.place(u)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == 0 {
		return nil
	}
	for s := *p.list(h); s != nil; s = s.chain {
		if s.tuple == *u {
			return s
		}
	}
	return nil
}

// add puts a socket in, by its tuple. It is false if there is one already.
func (t *table) add(s *Socket) bool {
	p, h := t.place(&s.tuple)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == len(p.lists) {
		p.grow(t)
	}
	l := p.list(h)
	for o := *l; o != nil; o = o.chain {
		if o.tuple == s.tuple {
			return false
		}
	}
	s.chain, *l = *l, s
	p.count++
	return true
}

func (p *tablePart) grow(t *table) {
	old := p.lists
	p.lists = make([]*Socket, max(2*len(old), 8))
	for _, s := range old {
		for s != nil {
			next := s.chain
			_, h := t.place(&s.tuple)
			l := p.list(h)
			s.chain, *l = *l, s
			s = next
		}
	}
}

// all lists the sockets.
func (t *table) all() []*Socket {
	var all []*Socket
	for i := range t.parts {
		p := &t.parts[i]
		p.mu.Lock()
		for _, s := range p.lists {
			for ; s != nil; s = s.chain {
				all = append(all, s)
			}
		}
		p.mu.Unlock()
	}
	return all
}

// remove takes a socket out.
func (t *table) remove(s *Socket) {
	p, h := t.place(&s.tuple)
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := p.list(h); *l != nil; l = &(*l).chain {
		if *l == s {
			*l = s.chain
			s.chain = nil
			p.count--
			return
		}
	}
}
