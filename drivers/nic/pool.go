package nic

import "internal/mirage/device"

// A Pool has frames of one size in a piece of memory, one behind the other.
type Pool struct {
	mem    []byte
	size   int    // of a frame's memory
	header int    // of it, what the card has in front of the frame
	first  uint32 // the token of the first frame
	frames []device.Frame
	free   []uint32 // tokens of frames that nobody has, the last used at the end
}

// NewPool makes a pool of all frames that mem holds, with tokens from first on.
func NewPool(mem []byte, size, header int, first uint32) *Pool {
	n := len(mem) / size
	p := &Pool{mem: mem, size: size, header: header, first: first, frames: make([]device.Frame, n), free: make([]uint32, n)}
	for i := range p.frames {
		p.frames[i].Token = first + uint32(i)
		p.free[n-1-i] = first + uint32(i)
	}
	return p
}

// Room is the length of the longest frame.
func (p *Pool) Room() int { return p.size - p.header }

// Empty reports whether there is no free frame.
func (p *Pool) Empty() bool { return len(p.free) == 0 }

// Take returns a frame of n bytes that is to be sent as it is; nil when none is free, or so long.
func (p *Pool) Take(n int) *device.Frame {
	if p.Empty() || uint(n) > uint(p.Room()) {
		return nil
	}
	token := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	f := &p.frames[token-p.first]
	at := p.Place(token) + p.header
	f.Bytes = p.mem[at : at+n : at+p.Room()]
	f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumNone, 0, 0, 0
	return f
}

// Put makes a frame free.
func (p *Pool) Put(token uint32) { p.free = append(p.free, token) }

// Place is where a frame's memory begins.
func (p *Pool) Place(token uint32) int { return int(token-p.first) * p.size }
