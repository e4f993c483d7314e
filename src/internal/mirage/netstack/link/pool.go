package link

import (
	"internal/mirage/device"
	"sync"
)

// A pool has at most max frames, with at most maxOctets of buffers, of which it keeps maxStore between uses.
type pool struct {
	mu     sync.Mutex
	max    int
	all    []*device.Frame // by Token
	store  [][]byte        // the whole buffer of each frame
	free   []uint32
	octets int
}

const (
	maxOctets = 8 << 20
	maxStore  = 4 << 20
)

// alloc returns a frame of n octets, nil when all are in use.
func (p *pool) alloc(n int) *device.Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.free) - 1
	if last < 0 {
		if len(p.all) == p.max {
			return nil
		}
		p.free = append(p.free, uint32(len(p.all)))
		p.all = append(p.all, &device.Frame{})
		p.store = append(p.store, nil)
		last = 0
	}
	token := p.free[last]
	if have := cap(p.store[token]); have < n {
		more := roundUp(n) - have
		if p.octets+more > maxOctets {
			return nil
		}
		p.octets += more
		p.store[token] = make([]byte, have+more)
	}
	p.free = p.free[:last]
	f := p.all[token]
	*f = device.Frame{Bytes: p.store[token][:n], Token: token}
	return f
}

// release takes back what alloc returned.
func (p *pool) release(f *device.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f.Bytes = nil
	if p.octets > maxStore {
		p.octets -= cap(p.store[f.Token])
		p.store[f.Token] = nil
	}
	p.free = append(p.free, f.Token)
}

// roundUp returns the buffer size for n octets: 2 KiB, or a multiple of 16 KiB.
func roundUp(n int) int {
	if n <= 2048 {
		return 2048
	}
	return (n + 1<<14 - 1) &^ (1<<14 - 1)
}
