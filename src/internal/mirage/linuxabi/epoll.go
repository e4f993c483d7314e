package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"sync"
)

// epoll (epoll(7)).

// An epoll is the file behind an epoll descriptor. Locks are taken in this order: control, that of a watched file's
// queue, mu, that of changed; mu is never held while a watched file is asked or its queue changed.
type epoll struct {
	changed waitQueue
	control sync.Mutex // held while an item is made, changed or removed

	mu      sync.Mutex
	items   map[epollKey]*epollItem
	pending []*epollItem // those that may be ready, in the order in which they became so
}

// An epollKey is what epoll(7), question 1, says identifies an item.
type epollKey struct {
	fd int
	d  *description
}

// An epollItem is one watched descriptor.
type epollItem struct {
	epoll  *epoll
	key    epollKey
	waiter waiter

	// Under epoll.mu.
	events uint32 // waited for, with the flags EPOLLET and so on, which alone stay once EPOLLONESHOT has fired
	data   [2]uint32
	listed bool // it is in pending
	gone   bool
}

func epollCreate1(p *Process, a args) (uintptr, linux.Errno) {
	if a.a1&^linux.EPOLL_CLOEXEC != 0 {
		return 0, linux.EINVAL
	}
	return p.installFile(&epoll{items: make(map[epollKey]*epollItem)}, linux.O_RDWR, a.a1 != 0)
}

func epollCreate(p *Process, a args) (uintptr, linux.Errno) {
	if int32(a.a1) <= 0 {
		return 0, linux.EINVAL
	}
	return epollCreate1(p, args{})
}

func epollCtl(p *Process, a args) (uintptr, linux.Errno) {
	var event linux.EpollEvent
	if a.a2 != linux.EPOLL_CTL_DEL {
		var e linux.Errno
		if event, e = load[linux.EpollEvent](a.a4); e != 0 {
			return 0, e
		}
	}
	ed, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer ed.put()
	d, e := p.fds.get(fd(a.a3))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	ep, ok := ed.file.(*epoll)
	switch {
	case d.path || ed.path:
		return 0, linux.EBADF
	case d.file.queue() == nil:
		return 0, linux.EPERM
	case !ok || d == ed:
		return 0, linux.EINVAL
	}
	key := epollKey{fd(a.a3), d}
	switch a.a2 {
	case linux.EPOLL_CTL_ADD:
		return 0, ep.add(key, event)
	case linux.EPOLL_CTL_MOD:
		return 0, ep.modify(key, event)
	case linux.EPOLL_CTL_DEL:
		return 0, ep.remove(key)
	}
	return 0, linux.EINVAL
}

// nesting guards the graph of epolls that watch epolls.
var nesting sync.Mutex

// maxNesting is how deep that graph may be (fs/eventpoll.c, EP_MAX_NESTS).
const maxNesting = 4

func (ep *epoll) add(key epollKey, event linux.EpollEvent) linux.Errno {
	if inner, ok := key.d.file.(*epoll); ok {
		nesting.Lock()
		defer nesting.Unlock()
		if !inner.mayBeWatched(ep, maxNesting) {
			return linux.ELOOP
		}
	}
	ep.control.Lock()
	defer ep.control.Unlock()
	it := &epollItem{epoll: ep, key: key, events: event.Events | always, data: event.Data}
	it.waiter.wake = it.wake
	ep.mu.Lock()
	if ep.items[key] != nil {
		ep.mu.Unlock()
		return linux.EEXIST
	}
	ep.items[key] = it
	ep.mu.Unlock()
	key.d.mu.Lock()
	if key.d.items == nil {
		key.d.items = make(map[*epollItem]struct{})
	}
	key.d.items[it] = struct{}{}
	key.d.mu.Unlock()
	key.d.file.queue().add(&it.waiter)
	it.wake(key.d.file.ready(key.d))
	return 0
}

// mayBeWatched reports whether nothing below ep is outer, and ep is not deeper than depth. nesting is held.
func (ep *epoll) mayBeWatched(outer *epoll, depth int) bool {
	if ep == outer || depth == 0 {
		return false
	}
	ep.mu.Lock()
	var inner []*epoll
	for key := range ep.items {
		if f, ok := key.d.file.(*epoll); ok {
			inner = append(inner, f)
		}
	}
	ep.mu.Unlock()
	for _, f := range inner {
		if !f.mayBeWatched(outer, depth-1) {
			return false
		}
	}
	return true
}

func (ep *epoll) modify(key epollKey, event linux.EpollEvent) linux.Errno {
	ep.control.Lock()
	defer ep.control.Unlock()
	ep.mu.Lock()
	it := ep.items[key]
	if it == nil {
		ep.mu.Unlock()
		return linux.ENOENT
	}
	if (it.events|event.Events)&linux.EPOLLEXCLUSIVE != 0 {
		ep.mu.Unlock()
		return linux.EINVAL
	}
	it.events, it.data = event.Events|always, event.Data
	ep.mu.Unlock()
	it.wake(key.d.file.ready(key.d))
	return 0
}

func (ep *epoll) remove(key epollKey) linux.Errno {
	ep.control.Lock()
	defer ep.control.Unlock()
	ep.mu.Lock()
	it := ep.items[key]
	delete(ep.items, key)
	if it != nil {
		it.gone = true
	}
	ep.mu.Unlock()
	if it == nil {
		return linux.ENOENT
	}
	it.waiter.remove()
	key.d.mu.Lock()
	delete(key.d.items, it)
	key.d.mu.Unlock()
	return 0
}

// leaveEpolls takes a description that is being closed out of every epoll (epoll(7), question 6).
func (d *description) leaveEpolls() {
	d.mu.Lock()
	items := d.items
	d.items = nil
	d.mu.Unlock()
	for it := range items {
		it.epoll.remove(it.key)
	}
}

// wake puts an item on the list of those that may be ready. Called with the watched file's queue locked.
func (it *epollItem) wake(events uint32) {
	ep := it.epoll
	ep.mu.Lock()
	listed := events&it.events != 0 && !it.gone && !it.listed
	if listed {
		ep.append(it)
	}
	ep.mu.Unlock()
	if listed {
		ep.changed.notify(pollIn)
	}
}

// flagBits are what events holds besides poll bits.
const flagBits = linux.EPOLLEXCLUSIVE | linux.EPOLLWAKEUP | linux.EPOLLONESHOT | linux.EPOLLET

// append puts it, which is not there, at the end of the list. mu is held.
func (ep *epoll) append(it *epollItem) {
	it.listed = true
	ep.pending = append(ep.pending, it)
}

// collect fills events with what is ready now. It takes the items off the list, which may grow again meanwhile, and
// asks each. Those that are level-triggered and still ready go back, behind those that did not fit.
func (ep *epoll) collect(events []linux.EpollEvent) (n int) {
	ep.mu.Lock()
	list := ep.pending
	ep.pending = nil
	for _, it := range list {
		it.listed = false
	}
	ep.mu.Unlock()
	kept := list[:0]
	for i, it := range list {
		if n == len(events) {
			kept = append(list[i:len(list):len(list)], kept...)
			break
		}
		ready := it.key.d.file.ready(it.key.d)
		ep.mu.Lock()
		if ready &= it.events &^ flagBits; ready != 0 && !it.gone {
			events[n].Events, events[n].Data = ready, it.data
			n++
			if it.events&linux.EPOLLONESHOT != 0 {
				it.events &= flagBits
			} else if it.events&linux.EPOLLET == 0 {
				kept = append(kept, it)
			}
		}
		ep.mu.Unlock()
	}
	if len(kept) > 0 {
		ep.putBack(kept)
	}
	return n
}

// putBack lists items again, and wakes others who wait: they may have found the list empty meanwhile.
func (ep *epoll) putBack(items []*epollItem) {
	ep.mu.Lock()
	for _, it := range items {
		if !it.gone && !it.listed {
			ep.append(it)
		}
	}
	ep.mu.Unlock()
	ep.changed.notify(pollIn)
}

// epollWait waits for events. The errors are EINVAL, EFAULT and EBADF.
func (p *Process) epollWait(a args, deadline int64) (uintptr, linux.Errno) {
	const most = 1024 // events at once; a caller with more room gets the rest next time
	var event linux.EpollEvent
	if int32(a.a3) <= 0 {
		return 0, linux.EINVAL
	}
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	ep, ok := d.file.(*epoll)
	if !ok {
		return 0, linux.EINVAL
	}
	events := make([]linux.EpollEvent, min(int(int32(a.a3)), most))
	size := uintptr(len(bytesOf(&event)))
	n := ep.collect(events)
	if n == 0 && deadline > nanotime() {
		n, _ = d.wait(deadline, func() (int, linux.Errno) {
			if n := ep.collect(events); n > 0 {
				return n, 0
			}
			return 0, linux.EAGAIN
		})
	}
	for i := range events[:n] {
		if e := store(a.a2+uintptr(i)*size, events[i]); e != 0 {
			return 0, e
		}
	}
	return uintptr(n), 0
}

func epollPwait(p *Process, a args) (uintptr, linux.Errno) {
	return p.epollWait(a, millisecondsDeadline(a.a4))
}

func epollPwait2(p *Process, a args) (uintptr, linux.Errno) {
	deadline, e := timespecDeadline(a.a4)
	if e != 0 {
		return 0, e
	}
	return p.epollWait(a, deadline)
}

func (ep *epoll) read(d *description, b []byte) (int, linux.Errno)  { return 0, linux.EINVAL }
func (ep *epoll) write(d *description, b []byte) (int, linux.Errno) { return 0, linux.EINVAL }
func (ep *epoll) mode() uint32                                      { return 0o600 }
func (ep *epoll) queue() *waitQueue                                 { return &ep.changed }

// ready asks the items on the list and leaves it as it is.
func (ep *epoll) ready(d *description) uint32 {
	type question struct {
		d      *description
		wanted uint32
	}
	ep.mu.Lock()
	list := make([]question, 0, len(ep.pending))
	for _, it := range ep.pending {
		if !it.gone {
			list = append(list, question{it.key.d, it.events &^ flagBits})
		}
	}
	ep.mu.Unlock()
	for _, q := range list {
		if q.d.file.ready(q.d)&q.wanted != 0 {
			return pollIn
		}
	}
	return 0
}

// release ends all watching.
func (ep *epoll) release(d *description) {
	ep.mu.Lock()
	keys := make([]epollKey, 0, len(ep.items))
	for key := range ep.items {
		keys = append(keys, key)
	}
	ep.mu.Unlock()
	for _, key := range keys {
		ep.remove(key)
	}
}
