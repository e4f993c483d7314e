package fs

import "internal/mirage/linuxabi/linux"

// A directory is the contents of one, under fs.mu.
type directory struct {
	parent  *Inode // its own inode for the root
	name    string // in parent
	entries map[string]*entry
	order   []*entry // by cookie; a removed entry has no node until compact takes it away
	last    int64    // highest cookie given
	dynamic Dynamic  // more names
	fixed   bool     // no names can be made or removed by a caller
}

// An entry is one name. Its cookie is where getdents goes on after it; it never changes, so that a reader neither
// skips nor repeats a name because others come and go (getdents64's d_off).
type entry struct {
	name   string
	node   *Inode
	cookie int64
}

// Cookies of the two names that every directory has.
const (
	dotCookie    = 1
	dotdotCookie = 2
)

// A Dynamic has those names of a directory that are known elsewhere, such as all of /proc/self/fd.
type Dynamic interface {
	// Lookup returns the node of that name, nil if there is none. It is called with the tree's lock held and must
	// not call the tree, except to make nodes.
	Lookup(name string) *Inode
	// List returns the names there are now, in ascending order of their cookies, which are above those of the directory's
	// other names: 2, and as many more as there are.
	List() []Dirent
}

// A Dirent is a directory entry as getdents64 gives it.
type Dirent struct {
	Name string
	Ino  uint64
	Type uint32 // as st_mode
	Next int64  // the offset of the entry after it
}

func (d *directory) lookup(name string) *Inode {
	if e := d.entries[name]; e != nil {
		return e.node
	}
	if d.dynamic != nil {
		return d.dynamic.Lookup(name)
	}
	return nil
}

// add makes a name. The caller has reserved its cost and checked that it is new.
func (d *directory) add(name string, n *Inode) {
	if d.entries == nil {
		d.entries = make(map[string]*entry)
	}
	d.last = max(d.last, dotdotCookie) + 1
	e := &entry{name, n, d.last}
	d.entries[name] = e
	d.order = append(d.order, e)
}

func (d *directory) remove(name string) {
	e := d.entries[name]
	delete(d.entries, name)
	e.node = nil
	if len(d.order) > 2*len(d.entries)+16 {
		d.compact()
	}
}

func (d *directory) compact() {
	kept := make([]*entry, 0, len(d.entries))
	for _, e := range d.order {
		if e.node != nil {
			kept = append(kept, e)
		}
	}
	d.order = kept
}

// isDead reports whether n is a directory that was removed and is still open somewhere. fs.mu is held.
func (n *Inode) isDead() bool { return n.nlink == 0 }

// ReadDir calls f for each entry of n after the one whose offset is cookie, 0 for the first, until f returns
// false. The errors are ENOTDIR and ENOENT: the directory was removed. f must not call the tree.
func (n *Inode) ReadDir(cookie int64, f func(Dirent) bool) linux.Errno {
	e := n.readDir(cookie, f)
	if e == 0 {
		n.Happened(linux.IN_ACCESS)
	}
	return e
}

func (n *Inode) readDir(cookie int64, f func(Dirent) bool) linux.Errno {
	n.fs.mu.RLock()
	defer n.fs.mu.RUnlock()
	d := n.dir
	switch {
	case d == nil:
		return linux.ENOTDIR
	case n.isDead():
		return linux.ENOENT
	}
	n.accessed()
	if cookie < dotCookie && !f(Dirent{".", n.ino, linux.S_IFDIR, dotCookie}) {
		return 0
	}
	if cookie < dotdotCookie && !f(Dirent{"..", d.parent.ino, linux.S_IFDIR, dotdotCookie}) {
		return 0
	}
	if n.file != nil {
		return n.listFiles(cookie, f)
	}
	for _, e := range d.after(cookie) {
		if e.node != nil && !f(Dirent{e.name, e.node.ino, e.node.Type(), e.cookie}) {
			return 0
		}
	}
	if d.dynamic == nil {
		return 0
	}
	for _, e := range d.dynamic.List() {
		if e.Next > cookie && !f(e) {
			return 0
		}
	}
	return 0
}

// after returns the entries whose cookies are greater: what is left of order, which ascends.
func (d *directory) after(cookie int64) []*entry {
	low, high := 0, len(d.order)
	for low < high {
		if mid := (low + high) / 2; d.order[mid].cookie > cookie {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return d.order[low:]
}

// Path returns the absolute path of a directory. The error is ENOENT: it was removed.
func (f *FS) Path(n *Inode) (string, linux.Errno) {
	path, e := n.fs.path(n)
	if n.fs == f || e != 0 {
		return path, e
	}
	place, e := f.Path(n.fs.covers)
	if path == "/" {
		path = ""
	}
	return place + path, e
}

// path is Path within the tree.
func (f *FS) path(n *Inode) (string, linux.Errno) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	size := 0
	for d := n; d != f.root; d = d.dir.parent {
		if d.isDead() {
			return "", linux.ENOENT
		}
		size += 1 + len(d.dir.name)
	}
	if size == 0 {
		return "/", 0
	}
	b := make([]byte, size)
	for d := n; d != f.root; d = d.dir.parent {
		size -= len(d.dir.name)
		copy(b[size:], d.dir.name)
		size--
		b[size] = '/'
	}
	return string(b), 0
}
