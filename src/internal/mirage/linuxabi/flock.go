package linuxabi

import "internal/mirage/linuxabi/linux"

// fileLock is what flock(2) locks: it belongs to a node, and is held by descriptions.
type fileLock struct {
	changed   waitQueue
	exclusive *description
	shared    map[*description]struct{}
}

// fileLocks are the locks on a file, of both kinds: neither is in the way of the other (flock(2), NOTES).
type fileLocks struct {
	whole   fileLock
	records recordLocks
}

// locksOf returns the locks of the file behind d.
func (p *Process) locksOf(d *description) *fileLocks {
	return p.inode(d).Locks(func() any { return new(fileLocks) }).(*fileLocks)
}

func flock(p *Process, a args) (uintptr, linux.Errno) {
	operation := a.a2 &^ linux.LOCK_NB
	if operation != linux.LOCK_SH && operation != linux.LOCK_EX && operation != linux.LOCK_UN {
		return 0, linux.EINVAL
	}
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if d.path {
		return 0, linux.EBADF
	}
	l := &p.locksOf(d).whole
	if operation == linux.LOCK_UN {
		l.drop(d)
		return 0, 0
	}
	d.locked.Store(true)
	if l.try(d, operation == linux.LOCK_EX) {
		return 0, 0
	}
	if a.a2&linux.LOCK_NB != 0 {
		return 0, linux.EAGAIN
	}
	s := newSleeper()
	s.watch(&l.changed)
	defer s.leave()
	for !l.try(d, operation == linux.LOCK_EX) {
		s.sleep(noDeadline)
	}
	return 0, 0
}

// try takes the lock for d, or changes the one that d has; the change is not atomic (flock(2)): one that cannot be
// made has lost the old lock.
func (l *fileLock) try(d *description, exclusive bool) bool {
	l.changed.mu.Lock()
	held := l.release(d)
	free := l.exclusive == nil && (!exclusive || len(l.shared) == 0)
	if free && exclusive {
		l.exclusive = d
	} else if free {
		if l.shared == nil {
			l.shared = make(map[*description]struct{})
		}
		l.shared[d] = struct{}{}
	}
	l.changed.mu.Unlock()
	if held {
		l.changed.notify(0) // a lock was given up, or became weaker
	}
	return free
}

// release takes what d holds away, and reports whether it held anything. changed.mu is held.
func (l *fileLock) release(d *description) bool {
	_, shared := l.shared[d]
	delete(l.shared, d)
	if l.exclusive == d {
		l.exclusive = nil
		return true
	}
	return shared
}

// drop gives up what d holds.
func (l *fileLock) drop(d *description) {
	l.changed.mu.Lock()
	held := l.release(d)
	l.changed.mu.Unlock()
	if held {
		l.changed.notify(0)
	}
}

// unlock gives up what d has locked when its last descriptor is closed.
func (d *description) unlock() {
	if d.locked.Load() {
		l := d.node.Load().Locks(nil).(*fileLocks)
		l.whole.drop(d)
		l.records.drop(d, everything)
	}
}
