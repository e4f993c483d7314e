package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"math/bits"
	"sync"
	"sync/atomic"
)

// maxDescriptors is the hard limit of RLIMIT_NOFILE.
const maxDescriptors = 1 << 20

// The first block of the table has firstSlots, and each other as many as all before it: a program with few files has few slots.
const (
	firstSlots = 64
	blocks     = 15 // for maxDescriptors
)

// descriptors is the table of file descriptors. Finding one takes no lock; blocks of the table never move.
type descriptors struct {
	blocks [blocks]atomic.Pointer[[]slot]

	mu    sync.Mutex
	limit int      // descriptors are lower: RLIMIT_NOFILE's soft limit
	used  []uint64 // a bit for each descriptor
	low   int      // none lower than this is free
}

type slot struct {
	d       atomic.Pointer[description]
	cloexec atomic.Bool
	poll    *waiter // package internal/poll's, under mu
}

// slotPlace says in which block a descriptor is, and where in it.
func slotPlace(fd int) (block, i int) {
	block = bits.Len(uint(fd) / firstSlots)
	return block, fd - firstSlots<<block>>1&^(firstSlots-1)
}

// at returns the place of a descriptor in the table, nil if the table does not reach that far.
func (t *descriptors) at(fd int) *slot {
	if uint(fd) >= maxDescriptors {
		return nil
	}
	block, i := slotPlace(fd)
	if b := t.blocks[block].Load(); b != nil {
		return &(*b)[i]
	}
	return nil
}

// get returns the description of a descriptor with one more reference. The error is EBADF.
func (t *descriptors) get(fd int) (*description, linux.Errno) {
	s := t.at(fd)
	if s == nil {
		return nil, linux.EBADF
	}
	for {
		d := s.d.Load()
		if d == nil {
			return nil, linux.EBADF
		}
		if d.acquire() {
			return d, 0
		}
	}
}

// install gives d, whose reference it takes over, the lowest free descriptor that is at least from. The errors are
// EINVAL and EMFILE; then the reference is given back.
func (t *descriptors) install(d *description, from int, cloexec bool) (int, linux.Errno) {
	t.mu.Lock()
	if from < 0 || from >= t.limit {
		t.mu.Unlock()
		d.put()
		return 0, linux.EINVAL
	}
	fd := t.lowest(from)
	if fd >= t.limit {
		t.mu.Unlock()
		d.put()
		return 0, linux.EMFILE
	}
	t.put(fd, d, cloexec)
	t.mu.Unlock()
	return fd, 0
}

// spare reports whether there is a free descriptor, for calls that change something before they install one, and on Linux take the
// descriptor first. The error is EMFILE.
func (t *descriptors) spare() linux.Errno {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lowest(0) >= t.limit {
		return linux.EMFILE
	}
	return 0
}

// lowest returns the lowest free descriptor from from on. mu is held.
func (t *descriptors) lowest(from int) int {
	from = max(from, t.low)
	for i := from / 64; i < len(t.used); i++ {
		free := ^t.used[i]
		if i == from/64 {
			free &= ^uint64(0) << (from % 64)
		}
		if free != 0 {
			return i*64 + bits.TrailingZeros64(free)
		}
	}
	return max(from, len(t.used)*64)
}

// put makes fd, which is free, stand for d. mu is held.
func (t *descriptors) put(fd int, d *description, cloexec bool) {
	for fd/64 >= len(t.used) {
		t.used = append(t.used, 0)
	}
	t.used[fd/64] |= 1 << (fd % 64)
	if fd == t.low {
		t.low++
	}
	s := t.at(fd)
	if s == nil {
		block, _ := slotPlace(fd)
		slots := make([]slot, firstSlots<<max(block-1, 0))
		t.blocks[block].Store(&slots)
		s = t.at(fd)
	}
	s.cloexec.Store(cloexec)
	s.d.Store(d)
}

// take empties fd and returns what was there with its reference, nil if nothing was. mu is held.
func (t *descriptors) take(fd int) *description {
	s := t.at(fd)
	if s == nil {
		return nil
	}
	d := s.d.Swap(nil)
	if d == nil {
		return nil
	}
	if s.poll != nil {
		s.poll.remove()
		s.poll = nil
	}
	t.used[fd/64] &^= 1 << (fd % 64)
	t.low = min(t.low, fd)
	return d
}

// close frees fd.
func (t *descriptors) close(fd int) linux.Errno {
	t.mu.Lock()
	d := t.take(fd)
	t.mu.Unlock()
	if d == nil {
		return linux.EBADF
	}
	d.closed()
	d.put()
	return 0
}

// replace makes fd stand for d, whose reference it takes over, and closes what it stood for. The error is EBADF; then
// the reference is given back.
func (t *descriptors) replace(fd int, d *description, cloexec bool) linux.Errno {
	t.mu.Lock()
	if fd < 0 || fd >= t.limit {
		t.mu.Unlock()
		d.put()
		return linux.EBADF
	}
	old := t.take(fd)
	t.put(fd, d, cloexec)
	t.mu.Unlock()
	if old != nil {
		old.closed()
		old.put()
	}
	return 0
}

// size returns for how many descriptors there is room.
func (t *descriptors) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.used) * 64
}

// open returns how many there are.
func (t *descriptors) open() (n int) {
	t.each(0, maxDescriptors, func(int, *slot) { n++ })
	return n
}

// each calls f for the open descriptors from first to last, in order.
func (t *descriptors) each(first, last int, f func(fd int, s *slot)) {
	t.mu.Lock()
	last = min(last, len(t.used)*64-1)
	t.mu.Unlock()
	for fd := first; fd <= last; fd++ {
		if s := t.at(fd); s != nil && s.d.Load() != nil {
			f(fd, s)
		}
	}
}
