package fs

import (
	"internal/mirage/linuxabi/linux"
)

// Files of volumes. Once one is mapped all of it is in pages too, as long as it is open or mapped: its mappings see what is written
// to it, and what they write goes to the volume when it is synced, at the latest with the last reference.

// readFile is ReadAt.
func (n *Inode) readFile(p []byte, off int64) (int, linux.Errno) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.data.pages != nil {
		return n.data.readAt(p, off), 0
	}
	return n.file.ReadAt(p, off)
}

// writeFile is WriteAt, or at the end if appending, and returns the offset after it.
func (n *Inode) writeFile(p []byte, off int64, appending bool) (count int, end int64, e linux.Errno) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if appending {
		count, end, e = n.file.Append(p)
		off = end - int64(count)
	} else {
		count, e = n.file.WriteAt(p, off)
	}
	if count > 0 && n.data.pages != nil {
		if end := off + int64(count); end > n.data.size {
			n.data.size = end
			n.data.pages.Resize(end)
		}
		n.data.writePages(n.fs, p[:count], off)
	}
	return count, end, e
}

func (n *Inode) truncateFile(size int64) linux.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	if size < n.data.size { // what mappings have written before the new end stays
		if e := n.savePages(); e != 0 {
			return e
		}
	}
	if e := n.file.Truncate(size); e != 0 {
		return e
	}
	if n.data.pages != nil {
		n.data.truncate(n.fs, size)
	}
	return 0
}

// allocateFile is Allocate. A volume cannot have room beyond a file's end that lasts, and no holes.
func (n *Inode) allocateFile(off, length int64, keep, punch, zero bool) linux.Errno {
	switch {
	case keep || punch || zero:
		return linux.EOPNOTSUPP
	case n.fs.isReadOnly():
		return linux.EROFS
	case off+length <= n.Size():
		return 0
	}
	return n.truncateFile(off + length)
}

// fileSize is Size.
func (n *Inode) fileSize() int64 {
	a, _ := n.file.Attr()
	return a.Size
}

// fileAttr completes what stat tells.
func (n *Inode) fileAttr(a *Attr) linux.Errno {
	f, e := n.file.Attr()
	a.Nlink, a.Size, a.Blocks = f.Links, f.Size, f.Blocks
	a.Atime, a.Mtime, a.Ctime, a.Btime = f.Used, f.Changed, f.Changed, f.Made
	a.Device, a.BlockSize = n.fs.disk.Device, f.Cluster
	return e
}

// chmodFile is what Linux's fat_setattr does: what cannot be kept is not an error, but bits that no file there can have are.
func (n *Inode) chmodFile(mode uint32) linux.Errno {
	const all, write = 0o777, 0o222
	can := n.Mode() & all
	switch {
	case n.fs.isReadOnly():
		return linux.EROFS
	case mode&^(all|linux.S_IFMT) != 0:
		return linux.EPERM
	case mode&0o555 != 0o555 || n.IsDir() && mode&0o200 == 0:
		return 0
	case mode&0o222&^0o022 == can&0o222&^0o022:
		return 0
	}
	readOnly := mode&write == 0
	if e := n.file.SetReadOnly(readOnly); e != 0 {
		return e
	}
	can |= 0o200
	if readOnly {
		can &^= write
	}
	n.mode.Store(n.Type() | can)
	return 0
}

// piece is how much of a file is read at once to see what its pages have, bytes.
const piece = 64 << 10

// loadPages brings all of a file into pages. n.mu is held.
func (n *Inode) loadPages() linux.Errno {
	pages := n.fs.pager(nil)
	if pages == nil {
		return linux.ENOMEM
	}
	b := make([]byte, piece)
	off := int64(0)
	for {
		k, e := n.file.ReadAt(b, off)
		if k == 0 || e != 0 {
			if e != 0 {
				pages.Free()
				return e
			}
			break
		}
		for at := 0; at < k; at += pageSize {
			p := pages.Own((off + int64(at)) / pageSize)
			if p == nil {
				pages.Free()
				return linux.ENOMEM
			}
			clear(p[copy(p, b[at:k]):])
		}
		off += int64(k)
	}
	pages.Resize(off)
	pages.Written()
	n.data = content{size: off, pages: pages}
	n.data.account(n.fs)
	return 0
}

// savePages writes what mappings have changed to the volume. n.mu is held.
func (n *Inode) savePages() linux.Errno {
	if n.data.pages == nil || !n.data.pages.Written() {
		return 0
	}
	n.data.account(n.fs)
	b := make([]byte, piece)
	for off := int64(0); off < n.data.size; off += piece {
		k, e := n.file.ReadAt(b, off)
		if e != 0 {
			return e
		}
		for at := 0; at < k; at += pageSize {
			p := n.data.pages.Page((off + int64(at)) / pageSize)
			was := b[at:min(at+pageSize, k)]
			if p == nil || string(p[:len(was)]) == string(was) {
				continue
			}
			if _, e := n.file.WriteAt(p[:len(was)], off+int64(at)); e != 0 {
				return e
			}
		}
	}
	return 0
}

// dropPages ends the pages of a file that nobody uses any more. n.mu is held.
func (n *Inode) dropPages() {
	if n.data.pages == nil {
		return
	}
	n.savePages()
	n.data.pages.Free()
	n.fs.unreserve(n.data.bytes)
	n.data = content{}
}

// Sync makes a file of a volume survive a cut of power; others are in memory alone.
func (n *Inode) Sync() linux.Errno {
	if n.file == nil {
		return 0
	}
	n.mu.Lock()
	e := n.savePages()
	n.mu.Unlock()
	if e != 0 {
		return e
	}
	return n.file.Sync()
}

// SavePages gives the volume what mappings of the file have written.
func (n *Inode) SavePages() linux.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file == nil {
		return 0
	}
	return n.savePages()
}
