package linuxabi

import "internal/mirage/linuxabi/linux"

// What the runtime's network poller, for package internal/poll, asks and is told.

// pollOpen watches a descriptor for the poller, which is told of what is ready now and of every change (machine.Poller).
func (p *Process) pollOpen(fd, desc uintptr) int32 {
	d, e := p.fds.get(int(fd))
	if e != 0 {
		return int32(e)
	}
	defer d.put()
	q := d.file.queue()
	if q == nil || d.path {
		return int32(linux.EPERM)
	}
	w := &waiter{wake: func(events uint32) {
		if mode := pollMode(events); mode != 0 {
			pollReady(desc, mode)
		}
	}}
	p.fds.mu.Lock()
	s := p.fds.at(int(fd))
	if s.d.Load() != d || s.poll != nil {
		p.fds.mu.Unlock()
		return int32(linux.EEXIST)
	}
	s.poll = w
	q.add(w)
	p.fds.mu.Unlock()
	if mode := pollMode(d.file.ready(d)); mode != 0 {
		pollReady(desc, mode)
	}
	return 0
}

// pollMode converts poll bits to the poller's, as the runtime does for epoll's (netpoll_epoll.go).
func pollMode(events uint32) (mode int32) {
	const failed = linux.EPOLLERR | linux.EPOLLHUP
	if events&(pollIn|linux.EPOLLRDHUP|failed) != 0 {
		mode += 'r'
	}
	if events&(pollOut|failed) != 0 {
		mode += 'w'
	}
	return mode
}

// pollClose ends it: afterwards the poller is told nothing more.
func (p *Process) pollClose(fd uintptr) int32 {
	p.fds.mu.Lock()
	defer p.fds.mu.Unlock()
	if s := p.fds.at(int(fd)); s != nil && s.poll != nil {
		s.poll.remove()
		s.poll = nil
	}
	return 0
}
