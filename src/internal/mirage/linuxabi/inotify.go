package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"sync"
)

// inotify (inotify(7)): a descriptor from which is read what happens to files.

// inotifyQueue is how many events wait to be read: fs.inotify.max_queued_events.
const inotifyQueue = 16384

// inotify is such a descriptor.
type inotify struct {
	changed waitQueue
	adding  sync.Mutex // one inotify_add_watch at a time; taken before the tree's locks

	mu      sync.Mutex // taken after the tree's locks
	events  []inotifyEvent
	watches map[int32]*fs.Watch
	last    int32 // the watch descriptor given last
}

// An inotifyEvent is struct inotify_event.
type inotifyEvent struct {
	watch        int32
	mask, cookie uint32
	name         string
}

// inotifyHeader is the size of an event without its name.
const inotifyHeader = 16

// size is how many bytes e is when it is read: the name comes with at least one NUL, to a multiple of the header's size.
func (e *inotifyEvent) size() int {
	if e.name == "" {
		return inotifyHeader
	}
	return inotifyHeader + (len(e.name)+inotifyHeader)/inotifyHeader*inotifyHeader
}

func inotifyInit1(p *Process, a args) (uintptr, linux.Errno) {
	if a.a1&^(linux.IN_CLOEXEC|linux.IN_NONBLOCK) != 0 {
		return 0, linux.EINVAL
	}
	f := &inotify{watches: make(map[int32]*fs.Watch)}
	return p.installFile(f, linux.O_RDONLY|int(a.a1&linux.IN_NONBLOCK), a.a1&linux.IN_CLOEXEC != 0)
}

func inotifyInit(p *Process, a args) (uintptr, linux.Errno) { return inotifyInit1(p, args{}) }

// inotifyFile returns the inotify behind a descriptor; the caller puts the description. The errors are EBADF and EINVAL.
func (p *Process) inotifyFile(a uintptr) (*inotify, *description, linux.Errno) {
	d, e := p.fds.get(fd(a))
	if e != 0 {
		return nil, nil, e
	}
	f, ok := d.file.(*inotify)
	if !ok {
		d.put()
		return nil, nil, linux.EINVAL
	}
	return f, d, 0
}

func inotifyAddWatch(p *Process, a args) (uintptr, linux.Errno) {
	const known = linux.IN_ALL_EVENTS | linux.IN_UNMOUNT | linux.IN_Q_OVERFLOW | linux.IN_IGNORED | linux.IN_ONLYDIR | linux.IN_DONT_FOLLOW |
		linux.IN_EXCL_UNLINK | linux.IN_MASK_CREATE | linux.IN_MASK_ADD | linux.IN_ISDIR | linux.IN_ONESHOT
	const both = linux.IN_MASK_ADD | linux.IN_MASK_CREATE
	mask := uint32(a.a3)
	if mask&known == 0 || mask&^known != 0 || mask&both == both {
		return 0, linux.EINVAL
	}
	f, d, e := p.inotifyFile(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	at, path, e := p.pathAt(atCwd, a.a2)
	if e != 0 {
		return 0, e
	}
	n, e := p.fs.Lookup(at, path, mask&linux.IN_DONT_FOLLOW == 0)
	switch {
	case e != 0:
		return 0, e
	case mask&linux.IN_ONLYDIR != 0 && !n.IsDir():
		return 0, linux.ENOTDIR
	}
	n.Acquire() // so that it does not go before it is watched
	defer n.Release()
	return f.add(n, mask)
}

// add watches n, or changes the watch that there is. The error is EEXIST.
func (f *inotify) add(n *fs.Inode, mask uint32) (uintptr, linux.Errno) {
	f.adding.Lock()
	defer f.adding.Unlock()
	wd, old := f.find(n)
	if old != nil {
		if mask&linux.IN_MASK_CREATE != 0 {
			return 0, linux.EEXIST
		}
		old.Change(mask, mask&linux.IN_MASK_ADD != 0)
		return uintptr(wd), 0
	}
	w := n.NewWatch(mask, func(events, cookie uint32, name string) { f.hear(wd, events, cookie, name) })
	f.mu.Lock()
	f.last++
	wd = f.last
	f.watches[wd] = w
	f.mu.Unlock()
	w.Start()
	return uintptr(wd), 0
}

// find returns the watch of a node.
func (f *inotify) find(n *fs.Inode) (int32, *fs.Watch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for wd, w := range f.watches {
		if w.Node() == n {
			return wd, w
		}
	}
	return 0, nil
}

func inotifyRmWatch(p *Process, a args) (uintptr, linux.Errno) {
	f, d, e := p.inotifyFile(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	f.mu.Lock()
	w := f.watches[int32(a.a2)]
	f.mu.Unlock()
	if w == nil {
		return 0, linux.EINVAL
	}
	w.Stop()
	return 0, 0
}

// hear queues an event. One that is the same as the last of the queue is that one, and what is too much is lost, with
// a word about it.
func (f *inotify) hear(wd int32, events, cookie uint32, name string) {
	f.mu.Lock()
	if events&linux.IN_IGNORED != 0 {
		delete(f.watches, wd)
	}
	if n := len(f.events); n == inotifyQueue {
		f.events = append(f.events, inotifyEvent{watch: -1, mask: linux.IN_Q_OVERFLOW})
	} else if n < inotifyQueue && (n == 0 || !f.events[n-1].same(wd, events, name)) {
		f.events = append(f.events, inotifyEvent{wd, events, cookie, name})
	}
	f.mu.Unlock()
	f.changed.notify(pollIn)
}

func (e *inotifyEvent) same(wd int32, mask uint32, name string) bool {
	return e.watch == wd && e.mask == mask && e.name == name
}

// read gives as many events as fit. The errors are EAGAIN, and EINVAL when not even one does.
func (f *inotify) read(d *description, b []byte) (int, linux.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.events) == 0 {
		return 0, linux.EAGAIN
	}
	used, taken := 0, 0
	for i := range f.events {
		e := &f.events[i]
		size := e.size()
		if size > len(b)-used {
			break
		}
		r := b[used : used+size]
		put32(r, uint32(e.watch))
		put32(r[4:], e.mask)
		put32(r[8:], e.cookie)
		put32(r[12:], uint32(size-inotifyHeader))
		clear(r[inotifyHeader+copy(r[inotifyHeader:], e.name):])
		used += size
		taken++
	}
	if taken == 0 {
		return 0, linux.EINVAL
	}
	f.events = append(f.events[:0], f.events[taken:]...)
	return used, 0
}

func (f *inotify) write(d *description, b []byte) (int, linux.Errno) { return 0, linux.EBADF }

// waiting is how many bytes can be read.
func (f *inotify) waiting() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.events {
		n += f.events[i].size()
	}
	return n
}

func (f *inotify) ready(d *description) uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.events) > 0 {
		return pollIn
	}
	return 0
}

func (f *inotify) mode() uint32      { return 0o600 }
func (f *inotify) queue() *waitQueue { return &f.changed }

// release ends all watches.
func (f *inotify) release(d *description) {
	f.mu.Lock()
	all := make([]*fs.Watch, 0, len(f.watches))
	for _, w := range f.watches {
		all = append(all, w)
	}
	f.mu.Unlock()
	for _, w := range all {
		w.Stop()
	}
}
