package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"sync"
)

// Pipes and FIFOs (pipe(7)).

const (
	pipeDefault = 64 << 10 // capacity, bytes
	pipeMax     = 1 << 20
	pipeAtomic  = 4096 // PIPE_BUF: a write of at most so much is not mixed with others
)

// A pipe is a buffer between its readers and writers.
type pipe struct {
	changed waitQueue

	mu       sync.Mutex
	buf      []byte // a ring; grows to size as it is needed
	start, n int    // what is in it: n bytes from start
	size     int    // capacity
	readers  int    // descriptions open for reading
	writers  int
	opened   [2]uint64 // how often it was opened for reading and for writing
}

func newPipe() *pipe { return &pipe{size: pipeDefault} }

// pipeEnd is a pipe that is open for reading, writing or both.
type pipeEnd struct {
	pipe          *pipe
	reads, writes bool
}

// end opens p.
func (p *pipe) end(flags int) *pipeEnd {
	access := flags & linux.O_ACCMODE
	f := &pipeEnd{p, access != linux.O_WRONLY, access != linux.O_RDONLY}
	p.mu.Lock()
	if f.reads {
		p.readers++
		p.opened[0]++
	}
	if f.writes {
		p.writers++
		p.opened[1]++
	}
	p.mu.Unlock()
	p.changed.notify(pollIn | pollOut)
	return f
}

func pipe2(p *Process, a args) (uintptr, linux.Errno) {
	const status = linux.O_NONBLOCK | linux.O_DIRECT
	flags := int(a.a2)
	switch {
	case flags&^(status|linux.O_CLOEXEC) != 0:
		return 0, linux.EINVAL
	case flags&linux.O_DIRECT != 0:
		return 0, linux.EINVAL // packet mode, as before Linux 3.4
	}
	both := newPipe()
	r := newDescription(both.end(linux.O_RDONLY), linux.O_RDONLY|flags&status)
	w := newDescription(both.end(linux.O_WRONLY), linux.O_WRONLY|flags&status)
	n := p.fs.NewNode(linux.S_IFIFO|0o600, 0)
	n.Attached(func() any { return both })
	r.node.Store(n)
	w.node.Store(n)
	return 0, p.installPair(a.a1, r, w, flags&linux.O_CLOEXEC != 0)
}

// installPair gives two descriptions descriptors and stores those at ptr.
func (p *Process) installPair(ptr uintptr, x, y *description, cloexec bool) linux.Errno {
	one, e := p.fds.install(x, 0, cloexec)
	if e != 0 {
		y.put()
		return e
	}
	two, e := p.fds.install(y, 0, cloexec)
	if e == 0 {
		if e = store(ptr, [2]int32{int32(one), int32(two)}); e == 0 {
			return 0
		}
		p.fds.close(two)
	}
	p.fds.close(one)
	return e
}

func pipe1(p *Process, a args) (uintptr, linux.Errno) { return pipe2(p, args{a1: a.a1}) }

// openFIFO opens a named pipe. Opening one end waits for the other to be opened, unless the descriptor is to be
// non-blocking: then reading may go on alone, and writing is ENXIO (fifo(7)).
func openFIFO(n *fs.Inode, flags int) (file, linux.Errno) {
	p := n.Attached(func() any { return newPipe() }).(*pipe)
	access := flags & linux.O_ACCMODE
	nonblock := flags&linux.O_NONBLOCK != 0
	if access == linux.O_WRONLY && nonblock && !p.hasReaders() {
		return nil, linux.ENXIO
	}
	if access == linux.O_RDWR || nonblock {
		return p.end(flags), 0
	}
	other := 1 - access // 0 stands for readers, 1 for writers
	p.mu.Lock()
	before := p.opened[other]
	p.mu.Unlock()
	s := newSleeper()
	s.watch(&p.changed)
	defer s.leave()
	f := p.end(flags)
	for !p.metSince(other, before) {
		s.sleep(noDeadline)
	}
	return f, 0
}

func (p *pipe) hasReaders() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.readers > 0
}

// metSince reports whether the other side is open, or was since it had been opened before times.
func (p *pipe) metSince(other int, before uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened[other] != before || other == 0 && p.readers > 0 || other == 1 && p.writers > 0
}

func (f *pipeEnd) read(d *description, b []byte) (int, linux.Errno) {
	p := f.pipe
	if len(b) == 0 {
		return 0, 0
	}
	p.mu.Lock()
	if p.n == 0 {
		writers := p.writers
		p.mu.Unlock()
		if writers == 0 {
			return 0, 0
		}
		return 0, linux.EAGAIN
	}
	n := 0
	for n < len(b) && p.n > 0 {
		c := copy(b[n:], p.buf[p.start:min(p.start+p.n, len(p.buf))])
		n += c
		p.n -= c
		p.start = (p.start + c) % len(p.buf)
	}
	p.mu.Unlock()
	p.changed.notify(pollOut)
	return n, 0
}

func (f *pipeEnd) write(d *description, b []byte) (int, linux.Errno) {
	p := f.pipe
	if len(b) == 0 {
		return 0, 0
	}
	p.mu.Lock()
	if p.readers == 0 {
		p.mu.Unlock()
		return 0, linux.EPIPE
	}
	room := p.size - p.n
	if len(b) <= pipeAtomic && room < len(b) || room == 0 {
		p.mu.Unlock()
		return 0, linux.EAGAIN
	}
	n := min(room, len(b))
	p.put(b[:n])
	p.mu.Unlock()
	p.changed.notify(pollIn)
	return n, 0
}

// put appends b, for which there is room. mu is held.
func (p *pipe) put(b []byte) {
	if p.n+len(b) > len(p.buf) {
		size := max(len(p.buf), pipeAtomic)
		for size < p.n+len(b) {
			size *= 2
		}
		p.resize(min(size, p.size))
	}
	for len(b) > 0 {
		at := (p.start + p.n) % len(p.buf)
		end := len(p.buf)
		if at < p.start {
			end = p.start
		}
		c := copy(p.buf[at:end], b)
		b = b[c:]
		p.n += c
	}
}

// resize moves what is in the ring to one of size bytes. mu is held.
func (p *pipe) resize(size int) {
	buf := make([]byte, size)
	if p.n > 0 {
		c := copy(buf, p.buf[p.start:min(p.start+p.n, len(p.buf))])
		copy(buf[c:], p.buf[:p.n-c])
	}
	p.buf, p.start = buf, 0
}

// capacity serves F_GETPIPE_SZ and F_SETPIPE_SZ; sizes are powers of two from a page on.
func (p *pipe) capacity(command, arg uintptr) (uintptr, linux.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if command == linux.F_GETPIPE_SZ {
		return uintptr(p.size), 0
	}
	if uint32(arg) > 1<<31 {
		return 0, linux.EINVAL
	}
	size := pageSize
	for size < int(uint32(arg)) && size <= pipeMax {
		size *= 2
	}
	switch {
	case size > pipeMax:
		return 0, linux.EPERM
	case size < p.n:
		return 0, linux.EBUSY
	}
	p.size = size
	if len(p.buf) > size {
		p.resize(size)
	}
	return uintptr(size), 0
}

func (f *pipeEnd) waiting() int {
	f.pipe.mu.Lock()
	defer f.pipe.mu.Unlock()
	return f.pipe.n
}

func (f *pipeEnd) ready(d *description) (events uint32) {
	p := f.pipe
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.reads {
		if p.n > 0 {
			events |= pollIn
		}
		if p.writers == 0 && p.opened[1] > 0 {
			events |= linux.EPOLLHUP
		}
	}
	if f.writes {
		if p.size-p.n >= pipeAtomic {
			events |= pollOut
		}
		if p.readers == 0 {
			events |= linux.EPOLLERR
		}
	}
	return events
}

func (f *pipeEnd) mode() uint32      { return linux.S_IFIFO | 0o600 }
func (f *pipeEnd) queue() *waitQueue { return &f.pipe.changed }

func (f *pipeEnd) release(d *description) {
	p := f.pipe
	p.mu.Lock()
	if f.reads {
		p.readers--
	}
	if f.writes {
		p.writers--
	}
	if p.readers == 0 && p.writers == 0 {
		p.buf, p.start, p.n = nil, 0, 0
	}
	p.mu.Unlock()
	p.changed.notify(linux.EPOLLHUP | linux.EPOLLERR)
}
