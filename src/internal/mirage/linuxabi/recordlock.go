package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"math"
)

// Record locks: fcntl's locks on pieces of a file. Those of POSIX belong to the process and never stand in its own way, those of
// F_OFD_SETLK to an open file description (fcntl(2), "Advisory record locking"), and each is in the way of the other kind.

// recordLocks are the locks on a file. An owner is a description, or nil for the process; owners stand in the order in
// which they came, as F_GETLK tells of the first that is in the way.
type recordLocks struct {
	changed waitQueue
	owners  []lockOwner
}

type lockOwner struct {
	owner *description
	spans []span // disjoint, in order
}

// A span is the bytes from first to last, and how they are locked.
type span struct {
	first, last int64
	exclusive   bool
}

func (s span) overlaps(o span) bool { return s.first <= o.last && o.first <= s.last }

// recordLock serves F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ forms. The order of the checks is that of Linux's fs/locks.c.
func (p *Process) recordLock(d *description, command, ptr uintptr) linux.Errno {
	l, e := load[linux.Flock](ptr)
	if e != 0 {
		return e
	}
	if command == linux.F_GETLK && l.Type == linux.F_UNLCK {
		return linux.EINVAL
	}
	s, e := d.span(l)
	get := command == linux.F_GETLK || command == linux.F_OFD_GETLK
	switch {
	case e != 0:
		return e
	case l.Type < linux.F_RDLCK || l.Type > linux.F_UNLCK:
		return linux.EINVAL
	case !get && (l.Type == linux.F_RDLCK && !d.readable() || l.Type == linux.F_WRLCK && !d.writable()):
		return linux.EBADF
	}
	var owner *description
	if command >= linux.F_OFD_GETLK {
		if l.Pid != 0 {
			return linux.EINVAL
		}
		owner = d
	}
	r := &p.locksOf(d).records
	switch {
	case get:
		return store(ptr, r.find(owner, s, l))
	case l.Type == linux.F_UNLCK:
		r.drop(owner, s)
		return 0
	}
	d.locked.Store(true)
	return r.take(owner, s, command == linux.F_SETLKW || command == linux.F_OFD_SETLKW)
}

// span is what l locks of d, by the rules and errors of flock64_to_posix_lock.
func (d *description) span(l linux.Flock) (s span, e linux.Errno) {
	f, seeks := d.file.(seeker)
	if !seeks {
		return s, linux.EINVAL
	}
	switch l.Whence {
	case linux.SEEK_SET:
	case linux.SEEK_CUR:
		d.pos.Lock()
		s.first = d.offset
		d.pos.Unlock()
	case linux.SEEK_END:
		if s.first, e = f.seek(0, linux.SEEK_END); e != 0 {
			return s, e
		}
	default:
		return s, linux.EINVAL
	}
	if l.Start > math.MaxInt64-s.first {
		return s, linux.EOVERFLOW
	}
	if s.first += l.Start; s.first < 0 {
		return s, linux.EINVAL
	}
	s.last, s.exclusive = math.MaxInt64, l.Type == linux.F_WRLCK
	switch {
	case l.Len > 0 && l.Len-1 > math.MaxInt64-s.first:
		return s, linux.EOVERFLOW
	case l.Len > 0:
		s.last = s.first + l.Len - 1
	case l.Len < 0 && s.first+l.Len < 0:
		return s, linux.EINVAL
	case l.Len < 0:
		s.first, s.last = s.first+l.Len, s.first-1
	}
	return s, 0
}

// find is F_GETLK's answer to l, which asks for s: the first lock that is in its way or, when it asks for no lock, the first that the
// owner has.
func (r *recordLocks) find(owner *description, s span, l linux.Flock) linux.Flock {
	r.changed.mu.Lock()
	defer r.changed.mu.Unlock()
	found := r.inTheWay(owner, s)
	if l.Type == linux.F_UNLCK {
		found = r.first(func(o *description, held span) bool { return o == owner && held.overlaps(s) })
	}
	if found == nil {
		l.Type = linux.F_UNLCK
		return l
	}
	held := found.spans[0]
	l = linux.Flock{Type: linux.F_RDLCK, Whence: linux.SEEK_SET, Start: held.first, Pid: pid}
	if held.exclusive {
		l.Type = linux.F_WRLCK
	}
	if held.last != math.MaxInt64 {
		l.Len = held.last - held.first + 1
	}
	if found.owner != nil {
		l.Pid = -1 // a description is no process
	}
	return l
}

// inTheWay returns the first lock that an owner cannot hold s beside. changed.mu is held.
func (r *recordLocks) inTheWay(owner *description, s span) *lockOwner {
	return r.first(func(o *description, held span) bool {
		return o != owner && held.overlaps(s) && (held.exclusive || s.exclusive)
	})
}

// first returns the first lock that fits, nil if none does. changed.mu is held.
func (r *recordLocks) first(fits func(owner *description, held span) bool) *lockOwner {
	for _, o := range r.owners {
		for _, held := range o.spans {
			if fits(o.owner, held) {
				return &lockOwner{o.owner, []span{held}}
			}
		}
	}
	return nil
}

// take gives s to an owner, and waits for it if it may.
func (r *recordLocks) take(owner *description, s span, wait bool) linux.Errno {
	if r.try(owner, s) {
		return 0
	}
	if !wait {
		return linux.EAGAIN
	}
	w := newSleeper()
	w.watch(&r.changed)
	defer w.leave()
	for !r.try(owner, s) {
		w.sleep(noDeadline)
	}
	return 0
}

// try gives s to an owner unless a lock is in the way.
func (r *recordLocks) try(owner *description, s span) bool {
	r.changed.mu.Lock()
	free := r.inTheWay(owner, s) == nil
	if free {
		r.set(owner, func(held []span) []span { return lock(held, s) })
	}
	r.changed.mu.Unlock()
	if free {
		r.changed.notify(0) // what was exclusive may be shared now
	}
	return free
}

// drop takes s away from an owner.
func (r *recordLocks) drop(owner *description, s span) {
	r.changed.mu.Lock()
	r.set(owner, func(held []span) []span { return unlock(held, s) })
	r.changed.mu.Unlock()
	r.changed.notify(0)
}

// set changes what an owner holds. changed.mu is held.
func (r *recordLocks) set(owner *description, change func([]span) []span) {
	i := 0
	for i < len(r.owners) && r.owners[i].owner != owner {
		i++
	}
	if i == len(r.owners) {
		r.owners = append(r.owners, lockOwner{owner: owner})
	}
	if r.owners[i].spans = change(r.owners[i].spans); len(r.owners[i].spans) == 0 {
		r.owners = append(r.owners[:i], r.owners[i+1:]...)
	}
}

// unlock returns held without the bytes of s.
func unlock(held []span, s span) (rest []span) {
	for _, o := range held {
		if !s.overlaps(o) {
			rest = append(rest, o)
			continue
		}
		if o.first < s.first {
			rest = append(rest, span{o.first, s.first - 1, o.exclusive})
		}
		if o.last > s.last {
			rest = append(rest, span{s.last + 1, o.last, o.exclusive})
		}
	}
	return rest
}

// lock returns held with s, which replaces what is there, and is one with its neighbours of the same kind.
func lock(held []span, s span) (all []span) {
	for _, o := range held {
		if o.exclusive == s.exclusive && o.first-1 <= s.last && s.first-1 <= o.last {
			s.first, s.last = min(s.first, o.first), max(s.last, o.last)
		}
	}
	placed := false
	for _, o := range unlock(held, s) {
		if !placed && o.first > s.first {
			all, placed = append(all, s), true
		}
		all = append(all, o)
	}
	if !placed {
		all = append(all, s)
	}
	return all
}

// everything is all that can be locked.
var everything = span{first: 0, last: math.MaxInt64}

// closed is told when a descriptor of d is closed: the process gives up its locks on the file, whichever descriptor it took them
// by (close(2), NOTES).
func (d *description) closed() {
	n := d.node.Load()
	if n == nil || d.path {
		return
	}
	if l, ok := n.Locks(nil).(*fileLocks); ok {
		l.records.drop(nil, everything)
	}
}
