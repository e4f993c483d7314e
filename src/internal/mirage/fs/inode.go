package fs

import (
	"internal/mirage/fat"
	"internal/mirage/linuxabi/linux"
	"sync"
	"sync/atomic"
)

// An Inode is a file of any type, apart from its names.
type Inode struct {
	fs   *FS
	ino  uint64
	rdev uint64

	mode                atomic.Uint32
	uid, gid            atomic.Uint32
	atime, mtime, ctime atomic.Int64 // nanoseconds since 1970
	btime               int64

	nlink uint32       // under fs.mu; 0 when the last name is gone
	refs  atomic.Int32 // open descriptions; what has neither names nor those is freed

	file     *fat.File  // on a volume; nil: in memory
	covered  *FS        // the tree in this directory's place, under fs.mu
	target   string     // of a symbolic link
	dir      *directory // of a directory, under fs.mu
	link     Link       // of a symbolic link that is not a path
	generate func() []byte
	prepare  func()
	home     home     // under fs.mu
	watches  []*Watch // under fs.watching.mu

	mu       sync.RWMutex // guards what follows
	data     content      // of a regular file
	freed    bool
	attached any
	locks    any
}

// An Attr is what stat tells. Times are nanoseconds since 1970, Blocks are of 512 bytes.
type Attr struct {
	Ino, Rdev                  uint64
	Mode, Nlink, UID, GID      uint32
	Size, Blocks               int64
	Atime, Mtime, Ctime, Btime int64
	Device                     uint64 // the number of the volume's; 0: in memory
	BlockSize                  int64  // that suits it; 0: any
}

// newInode makes a node of the tree, without a name. The caller has reserved nodeCost.
func (f *FS) newInode(mode uint32, rdev uint64) *Inode {
	f.nodes.Add(1)
	return f.makeInode(f.lastIno.Add(1), mode, rdev)
}

func (f *FS) makeInode(ino uint64, mode uint32, rdev uint64) *Inode {
	n := &Inode{fs: f, ino: ino, rdev: rdev, btime: f.now()}
	n.mode.Store(mode)
	n.atime.Store(n.btime)
	n.mtime.Store(n.btime)
	n.ctime.Store(n.btime)
	return n
}

// NewFile makes a regular file that has no name, with one reference.
func (f *FS) NewFile(mode uint32) (*Inode, linux.Errno) {
	if !f.reserve(nodeCost) {
		return nil, linux.ENOSPC
	}
	n := f.newInode(linux.S_IFREG|mode&linux.S_IALL, 0)
	n.refs.Store(1)
	return n, 0
}

// FS returns the tree that n belongs to.
func (n *Inode) FS() *FS { return n.fs }

// Ino returns the inode number.
func (n *Inode) Ino() uint64 { return n.ino }

// Mode returns type and permissions, as st_mode.
func (n *Inode) Mode() uint32 { return n.mode.Load() }

// Type returns the type bits of st_mode.
func (n *Inode) Type() uint32 { return n.mode.Load() & linux.S_IFMT }

// IsDir reports whether n is a directory.
func (n *Inode) IsDir() bool { return n.Type() == linux.S_IFDIR }

// Rdev returns the device number of a device node, as linux.Makedev makes it.
func (n *Inode) Rdev() uint64 { return n.rdev }

// Acquire notes one more open description of n.
func (n *Inode) Acquire() { n.refs.Add(1) }

// Release undoes Acquire; the contents of a file without names go with its last reference.
func (n *Inode) Release() {
	if n.refs.Add(-1) == 0 {
		n.fs.mu.RLock()
		n.freeIfUnused()
		n.fs.mu.RUnlock()
	}
}

// releaseLocked is Release with fs.mu held.
func (n *Inode) releaseLocked() {
	if n.refs.Add(-1) == 0 {
		n.freeIfUnused()
	}
}

// freeIfUnused gives back what n holds once it has neither names nor references. fs.mu is held. Called twice
// when the last name and the last reference go at the same time: the second call does nothing.
func (n *Inode) freeIfUnused() {
	if n.nlink != 0 && n.file == nil {
		return
	}
	if n.giveBack() {
		n.forget()
	}
}

// giveBack is freeIfUnused without its last words: it reports whether the node is no more. Whoever maps a file takes a reference
// first, and then the lock, so that pages without a reference are nobody's.
func (n *Inode) giveBack() (gone bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.refs.Load() > 0:
		return false
	case n.file != nil:
		n.dropPages()
		if n.nlink == 0 {
			n.file.Close()
		}
		return n.nlink == 0
	}
	n.data.truncate(n.fs, 0)
	if n.data.pages != nil {
		n.data.pages.Free()
		n.data.pages = nil
	}
	if n.freed {
		return false
	}
	n.freed = true
	n.fs.unreserve(nodeCost)
	n.fs.nodes.Add(-1)
	return true
}

// Attr returns what stat tells of n.
func (n *Inode) Attr() Attr {
	a := Attr{
		Ino: n.ino, Rdev: n.rdev, Mode: n.mode.Load(), UID: n.uid.Load(), GID: n.gid.Load(),
		Atime: n.atime.Load(), Mtime: n.mtime.Load(), Ctime: n.ctime.Load(), Btime: n.btime,
		Size: int64(len(n.target)),
	}
	if n.file != nil {
		n.SavePages()
		n.fileAttr(&a)
		return a
	}
	n.fs.mu.RLock()
	a.Nlink = n.nlink
	if n.dir != nil {
		a.Size = int64(len(n.dir.entries)) * 20 // as tmpfs
	}
	n.fs.mu.RUnlock()
	if n.Type() == linux.S_IFREG {
		n.noticeWrites()
		a.Mtime, a.Ctime = n.mtime.Load(), n.ctime.Load()
		n.mu.RLock()
		a.Size = n.data.size
		a.Blocks = (n.data.held() + 511) / 512
		n.mu.RUnlock()
	}
	return a
}

// touch sets the times of a change of contents.
func (n *Inode) touch() {
	now := n.fs.now()
	n.mtime.Store(now)
	n.ctime.Store(now)
}

// noticeWrites sets the times if a mapping has written, and counts the pages that mappings have made.
func (n *Inode) noticeWrites() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.data.pages == nil {
		return
	}
	n.data.account(n.fs)
	if n.data.pages.Written() {
		n.touch()
	}
}

func (n *Inode) touchCtime() { n.ctime.Store(n.fs.now()) }

// accessed updates the access time as mount option relatime does: when it is older than the last change, or a day.
func (n *Inode) accessed() {
	if n.file != nil {
		return // as with mount option noatime: reading does not write
	}
	const day = 24 * 60 * 60 * 1e9
	a := n.atime.Load()
	if a > n.mtime.Load() && a > n.ctime.Load() && n.fs.now()-a < day {
		return
	}
	n.atime.Store(n.fs.now())
}

// Chmod sets the permissions. The error is EOPNOTSUPP: a symbolic link has none of its own.
func (n *Inode) Chmod(mode uint32) linux.Errno {
	if n.Type() == linux.S_IFLNK {
		return linux.EOPNOTSUPP
	}
	if n.file != nil {
		if e := n.chmodFile(mode); e != 0 {
			return e
		}
	} else {
		n.mode.Store(n.Type() | mode&linux.S_IALL)
		n.touchCtime()
	}
	n.Happened(linux.IN_ATTRIB)
	return 0
}

// Chown sets owner and group; -1 leaves one as it is. It takes the set-user-ID bit of anything but a directory,
// and the set-group-ID bit of what is executable by the group (chown(2)). On a volume all is root's: another is EPERM.
func (n *Inode) Chown(uid, gid int32) linux.Errno {
	if n.file != nil {
		switch {
		case n.fs.isReadOnly():
			return linux.EROFS
		case uid > 0 || gid > 0 || uid < -1 || gid < -1:
			return linux.EPERM
		}
		return 0
	}
	if uid != -1 {
		n.uid.Store(uint32(uid))
	}
	if gid != -1 {
		n.gid.Store(uint32(gid))
	}
	if mode := n.mode.Load(); mode&linux.S_IFMT != linux.S_IFDIR {
		mode &^= linux.S_ISUID
		if mode&linux.S_IXGRP != 0 {
			mode &^= linux.S_ISGID
		}
		n.mode.Store(mode)
	}
	n.touchCtime()
	n.Happened(linux.IN_ATTRIB)
	return 0
}

// SetTimes sets the times of access and change; nil leaves one as it is. A volume keeps a day of the one and two seconds of the other.
func (n *Inode) SetTimes(atime, mtime *int64) linux.Errno {
	if n.file != nil {
		if e := n.file.SetTimes(atime, mtime); e != 0 {
			return e
		}
	}
	if atime != nil {
		n.atime.Store(*atime)
	}
	if mtime != nil {
		n.mtime.Store(*mtime)
	}
	if atime != nil || mtime != nil {
		n.touchCtime()
	}
	switch { // fsnotify_change
	case atime != nil && mtime != nil:
		n.Happened(linux.IN_ATTRIB)
	case atime != nil:
		n.Happened(linux.IN_ACCESS)
	case mtime != nil:
		n.Happened(linux.IN_MODIFY)
	}
	return 0
}

// Attached returns the object that belongs to n, such as the pipe behind a FIFO, and makes it by f, if that is not
// nil, the first time.
func (n *Inode) Attached(f func() any) any { return n.once(&n.attached, f) }

// Locks is Attached for the object that keeps the locks on n.
func (n *Inode) Locks(f func() any) any { return n.once(&n.locks, f) }

func (n *Inode) once(p *any, f func() any) any {
	n.mu.Lock()
	defer n.mu.Unlock()
	if *p == nil && f != nil {
		*p = f()
	}
	return *p
}

// Readlink returns the target of a symbolic link. The error is EINVAL.
func (n *Inode) Readlink() (string, linux.Errno) {
	if n.Type() != linux.S_IFLNK {
		return "", linux.EINVAL
	}
	if n.link != nil {
		return n.link.Text(), 0
	}
	n.accessed()
	return n.target, 0
}
