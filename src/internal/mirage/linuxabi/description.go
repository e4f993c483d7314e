package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"sync"
	"sync/atomic"
)

// A file is what an open file description stands for. Its methods never wait: they answer EAGAIN, and the description
// waits on the queue if it may.
type file interface {
	// read and write move bytes at the description's offset, or in order where there is none.
	read(d *description, b []byte) (int, linux.Errno)
	write(d *description, b []byte) (int, linux.Errno)
	// mode is the type and permissions that fstat gives if the file has no inode yet.
	mode() uint32
	// ready returns the poll bits that hold now.
	ready(d *description) uint32
	// queue is where those who wait for a change of ready wait; nil for what is always ready.
	queue() *waitQueue
	// release is called once when the last reference to the description is gone.
	release(d *description)
}

// A description is an open file description: what descriptors made by dup share.
type description struct {
	file   file
	node   atomic.Pointer[fs.Inode]
	held   bool // node was Acquired for this description
	opened origin
	path   bool         // opened with O_PATH: it names a file and no more
	locked atomic.Bool  // it has asked for a lock
	flags  atomic.Int32 // access mode and status flags, as F_GETFL gives them
	refs   atomic.Int32 // descriptors and calls in progress

	pos    sync.Mutex // held while a call uses offset (Linux's f_pos_lock)
	offset int64

	mu    sync.Mutex
	items map[*epollItem]struct{} // where epoll watches this description
}

// statusFlags are those that F_SETFL changes.
const statusFlags = linux.O_APPEND | linux.O_NONBLOCK | linux.FASYNC | linux.O_DIRECT | linux.O_NOATIME

// newDescription makes a description with one reference. flags are open's.
func newDescription(f file, flags int) *description {
	d := &description{file: f, path: flags&linux.O_PATH != 0}
	if d.path {
		flags &= linux.O_PATH | linux.O_DIRECTORY | linux.O_NOFOLLOW // the others are ignored (open(2))
	}
	d.flags.Store(int32(flags &^ (linux.O_CREAT | linux.O_EXCL | linux.O_NOCTTY | linux.O_TRUNC | linux.O_CLOEXEC)))
	d.refs.Store(1)
	return d
}

// acquire takes a reference unless the last one is gone.
func (d *description) acquire() bool {
	for {
		n := d.refs.Load()
		if n == 0 {
			return false
		}
		if d.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// put gives a reference back. The last one closes the file: if a call is in progress when the descriptor is closed,
// that is when the call returns, as on Linux.
func (d *description) put() {
	if d.refs.Add(-1) != 0 {
		return
	}
	d.leaveEpolls()
	d.unlock()
	d.file.release(d)
	if d.held {
		n := d.node.Load()
		switch {
		case d.path:
		case d.writable():
			n.Happened(linux.IN_CLOSE_WRITE)
		default:
			n.Happened(linux.IN_CLOSE_NOWRITE)
		}
		n.Release()
	}
}

func (d *description) nonblocking() bool { return d.flags.Load()&linux.O_NONBLOCK != 0 }

func (d *description) readable() bool {
	return !d.path && d.flags.Load()&linux.O_ACCMODE&^linux.O_RDWR == 0
}

func (d *description) writable() bool {
	m := d.flags.Load() & linux.O_ACCMODE
	return !d.path && (m == linux.O_WRONLY || m == linux.O_RDWR)
}

// read reads, and waits for the first byte if the description is blocking.
func (d *description) read(b []byte) (int, linux.Errno) {
	n, e := d.file.read(d, b)
	if e != linux.EAGAIN || d.nonblocking() {
		return n, e
	}
	return d.wait(d.deadline(false), func() (int, linux.Errno) { return d.file.read(d, b) })
}

// write writes; if the description is blocking it waits until all is written.
func (d *description) write(b []byte) (int, linux.Errno) {
	n, e := d.file.write(d, b)
	if n == len(b) || d.nonblocking() || e != 0 && e != linux.EAGAIN || d.file.queue() == nil {
		return n, e
	}
	more, e := d.wait(d.deadline(true), func() (int, linux.Errno) {
		for n < len(b) {
			c, e := d.file.write(d, b[n:])
			if n += c; e != 0 {
				return 0, e
			}
		}
		return 0, 0
	})
	if n += more; n > 0 {
		return n, 0
	}
	return 0, e
}

// deadline is when a read or write that begins now has to give up: sockets may have time-outs.
func (d *description) deadline(writing bool) int64 {
	s, ok := d.file.(socket)
	switch {
	case !ok:
		return noDeadline
	case writing:
		return until(&s.common().sendTimeout)
	}
	return until(&s.common().receiveTimeout)
}

// wait does op again each time that the file's readiness changes, until it answers something else than EAGAIN or
// the deadline (of nanotime) has passed.
func (d *description) wait(deadline int64, op func() (int, linux.Errno)) (int, linux.Errno) {
	q := d.file.queue()
	if q == nil {
		return op()
	}
	s := newSleeper()
	s.watch(q)
	defer s.leave()
	for {
		n, e := op()
		if e != linux.EAGAIN || !s.sleep(deadline) {
			return n, e
		}
	}
}
