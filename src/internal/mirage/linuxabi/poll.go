package linuxabi

import "internal/mirage/linuxabi/linux"

// poll and select: waiting for any of a list of descriptors.

// A watch is one descriptor that a poll looks at.
type watch struct {
	d      *description // nil: not a descriptor
	events uint32       // asked for
	found  uint32
}

// pollAll waits until one of w has something to say or the deadline has passed, and returns how many have. It gives the
// references back.
func pollAll(w []watch, deadline int64) int {
	defer func() {
		for i := range w {
			if w[i].d != nil {
				w[i].d.put()
			}
		}
	}()
	if n := look(w); n > 0 || deadline <= nanotime() {
		return n
	}
	s := newSleeper()
	defer s.leave()
	for i := range w {
		if w[i].d != nil && w[i].d.file.queue() != nil {
			s.watch(w[i].d.file.queue())
		}
	}
	for {
		n := look(w)
		if n > 0 || !s.sleep(deadline) {
			return n
		}
	}
}

func look(w []watch) (n int) {
	for i := range w {
		if w[i].d != nil {
			w[i].found = w[i].d.file.ready(w[i].d) & (w[i].events | always)
		}
		if w[i].found != 0 {
			n++
		}
	}
	return n
}

// pollFds serves poll and ppoll.
func (p *Process) pollFds(ptr, count uintptr, deadline int64) (uintptr, linux.Errno) {
	p.fds.mu.Lock()
	limit := p.fds.limit
	p.fds.mu.Unlock()
	if uint32(count) > uint32(limit) {
		return 0, linux.EINVAL
	}
	fds, e := loadSlice[linux.Pollfd](ptr, int(uint32(count)))
	if e != 0 {
		return 0, e
	}
	w := make([]watch, len(fds))
	for i := range fds {
		w[i].events = uint32(uint16(fds[i].Events))
		if fds[i].Fd < 0 {
			continue
		}
		var e linux.Errno
		if w[i].d, e = p.fds.get(int(fds[i].Fd)); e != 0 || w[i].d.path {
			w[i].found = linux.POLLNVAL
		}
	}
	n := pollAll(w, deadline)
	for i := range fds {
		fds[i].Revents = int16(w[i].found)
	}
	for i := range fds { // one by one, as Linux does: only revents is written
		if e := store(ptr+uintptr(i)*8+6, fds[i].Revents); e != 0 {
			return 0, e
		}
	}
	return uintptr(n), 0
}

// millisecondsDeadline converts poll's and epoll_wait's time-out; a negative one is none.
func millisecondsDeadline(a uintptr) int64 {
	if ms := int32(a); ms >= 0 {
		return deadlineAfter(int64(ms) * 1e6)
	}
	return noDeadline
}

// timespecDeadline converts a time-out in the caller's memory; no pointer is no time-out.
func timespecDeadline(ptr uintptr) (int64, linux.Errno) {
	if ptr == 0 {
		return noDeadline, 0
	}
	t, e := load[linux.Timespec](ptr)
	if e != 0 {
		return 0, e
	}
	ns, ok := nanoseconds(t)
	if !ok {
		return 0, linux.EINVAL
	}
	return deadlineAfter(ns), 0
}

func poll(p *Process, a args) (uintptr, linux.Errno) {
	return p.pollFds(a.a1, a.a2, millisecondsDeadline(a.a3))
}

func ppoll(p *Process, a args) (uintptr, linux.Errno) {
	deadline, e := timespecDeadline(a.a3)
	if e != 0 {
		return 0, e
	}
	return p.pollFds(a.a1, a.a2, deadline)
}

// What select's three sets ask for (fs/select.c, POLLIN_SET and its kin).
const (
	selectIn  = linux.EPOLLRDNORM | linux.EPOLLRDBAND | linux.EPOLLIN | linux.EPOLLHUP | linux.EPOLLERR
	selectOut = linux.EPOLLWRBAND | linux.EPOLLWRNORM | linux.EPOLLOUT | linux.EPOLLERR
	selectEx  = linux.EPOLLPRI
)

// selectSets serves select and pselect6.
func (p *Process) selectSets(count uintptr, ptrs [3]uintptr, deadline int64) (uintptr, linux.Errno) {
	n := int(int32(count))
	if n < 0 {
		return 0, linux.EINVAL
	}
	n = min(n, maxDescriptors)
	words := (n + 63) / 64
	var sets [3][]uint64
	for i, ptr := range ptrs {
		if ptr == 0 {
			sets[i] = make([]uint64, words)
			continue
		}
		var e linux.Errno
		if sets[i], e = loadSlice[uint64](ptr, words); e != 0 {
			return 0, e
		}
	}
	w, fds, e := p.selected(sets, n)
	if e != 0 {
		return 0, e
	}
	pollAll(w, deadline)
	return storeSelected(w, fds, sets, ptrs)
}

// selected makes the list of what is in any of the sets. The error is EBADF.
func (p *Process) selected(sets [3][]uint64, n int) (w []watch, fds []int, e linux.Errno) {
	for fd := 0; fd < n; fd++ {
		var events uint32
		for i, bits := range [...]uint32{selectIn, selectOut, selectEx} {
			if sets[i][fd/64]>>(fd%64)&1 != 0 {
				events |= bits
			}
		}
		if events == 0 {
			continue
		}
		d, e := p.fds.get(fd)
		if e != 0 {
			for i := range w {
				w[i].d.put()
			}
			return nil, nil, e
		}
		w, fds = append(w, watch{d: d, events: events}), append(fds, fd)
	}
	return w, fds, 0
}

// storeSelected leaves in each set those that are ready, and counts them.
func storeSelected(w []watch, fds []int, sets [3][]uint64, ptrs [3]uintptr) (count uintptr, e linux.Errno) {
	for i, bits := range [...]uint32{selectIn, selectOut, selectEx} {
		asked := sets[i]
		found := make([]uint64, len(asked))
		for j, fd := range fds {
			if bit := uint64(1) << (fd % 64); asked[fd/64]&bit != 0 && w[j].found&bits != 0 {
				found[fd/64] |= bit
				count++
			}
		}
		if ptrs[i] == 0 {
			continue
		}
		for j, word := range found {
			if e := store(ptrs[i]+uintptr(j)*8, word); e != 0 {
				return 0, e
			}
		}
	}
	return count, 0
}

func pselect6(p *Process, a args) (uintptr, linux.Errno) {
	deadline, e := timespecDeadline(a.a5)
	if e != 0 {
		return 0, e
	}
	return p.selectSets(a.a1, [3]uintptr{a.a2, a.a3, a.a4}, deadline)
}

// select_ takes a timeval, and stores in it the time that is left.
func select_(p *Process, a args) (uintptr, linux.Errno) {
	deadline := int64(noDeadline)
	if a.a5 != 0 {
		t, e := load[linux.Timeval](a.a5)
		if e != 0 {
			return 0, e
		}
		ns, ok := nanoseconds(linux.Timespec{Sec: t.Sec + t.Usec/1e6, Nsec: t.Usec % 1e6 * 1e3})
		if !ok {
			return 0, linux.EINVAL
		}
		deadline = deadlineAfter(ns)
	}
	n, e := p.selectSets(a.a1, [3]uintptr{a.a2, a.a3, a.a4}, deadline)
	if e == 0 && a.a5 != 0 {
		left := timespec(max(deadline-nanotime(), 0))
		store(a.a5, linux.Timeval{Sec: left.Sec, Usec: left.Nsec / 1e3}) // a read-only time is not an error (select(2))
	}
	return n, e
}
