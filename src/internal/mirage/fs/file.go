package fs

import (
	"internal/mirage/linuxabi/linux"
	"math"
)

// Contents of a regular file. Offsets are bytes from its beginning and not negative.

// ReadAt copies to p from offset off and returns how many bytes were there; 0 is the end. The error is EIO: a disk's.
func (n *Inode) ReadAt(p []byte, off int64) (c int, e linux.Errno) {
	if n.file != nil {
		c, e = n.readFile(p, off)
	} else {
		n.mu.RLock()
		c = n.data.readAt(p, off)
		n.mu.RUnlock()
		n.accessed()
	}
	if c > 0 {
		n.Happened(linux.IN_ACCESS)
	}
	return c, e
}

// WriteAt copies p to offset off. It writes less than all only when the tree is full. The errors are EFBIG and
// ENOSPC, when nothing was written, and a disk's.
func (n *Inode) WriteAt(p []byte, off int64) (c int, e linux.Errno) {
	if n.file != nil {
		c, _, e = n.writeFile(p, off, false)
	} else {
		n.mu.Lock()
		c, e = n.write(p, off)
		n.mu.Unlock()
	}
	if c > 0 {
		n.Happened(linux.IN_MODIFY)
	}
	return c, e
}

// Append is WriteAt at the end, and returns the offset after it.
func (n *Inode) Append(p []byte) (c int, end int64, e linux.Errno) {
	if n.file != nil {
		c, end, e = n.writeFile(p, 0, true)
	} else {
		n.mu.Lock()
		c, e = n.write(p, n.data.size)
		end = n.data.size
		n.mu.Unlock()
	}
	if c > 0 {
		n.Happened(linux.IN_MODIFY)
	}
	return c, end, e
}

func (n *Inode) write(p []byte, off int64) (int, linux.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	if off == math.MaxInt64 {
		return 0, linux.EFBIG
	}
	p = p[:min(int64(len(p)), math.MaxInt64-off)]
	c, e := n.data.writeAt(n.fs, p, off)
	if c > 0 {
		n.touch()
	}
	return c, e
}

// Size returns the size in bytes.
func (n *Inode) Size() int64 {
	if n.file != nil {
		return n.fileSize()
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.data.size
}

// Truncate sets the size. The errors are EISDIR and EINVAL: not a regular file.
func (n *Inode) Truncate(size int64) linux.Errno {
	switch n.Type() {
	case linux.S_IFREG:
	case linux.S_IFDIR:
		return linux.EISDIR
	default:
		return linux.EINVAL
	}
	if n.generate != nil {
		return linux.EACCES
	}
	if n.file != nil {
		if e := n.truncateFile(size); e != 0 {
			return e
		}
	} else {
		n.mu.Lock()
		n.data.truncate(n.fs, size)
		n.mu.Unlock()
		n.touch()
	}
	n.Happened(linux.IN_MODIFY)
	return 0
}

// Allocate is fallocate(2): it makes room for [off, off+length), whose end does not overflow, and with punch or
// zero makes it read as zero. keep leaves the size as it is. The error is ENOSPC.
func (n *Inode) Allocate(off, length int64, keep, punch, zero bool) linux.Errno {
	e := n.allocate(off, length, keep, punch, zero)
	if e == 0 {
		n.Happened(linux.IN_MODIFY)
	}
	return e
}

func (n *Inode) allocate(off, length int64, keep, punch, zero bool) linux.Errno {
	if n.file != nil {
		return n.allocateFile(off, length, keep, punch, zero)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	end := off + length
	if punch || zero {
		if e := n.data.zero(n.fs, off, end); e != 0 {
			return e
		}
	}
	if !punch {
		if e := n.fill(off, end); e != 0 {
			return e
		}
		if !keep && end > n.data.size {
			n.data.truncate(n.fs, end)
		}
	}
	n.touch()
	return 0
}

// fill gives memory to every chunk of [off, end) that has none.
func (n *Inode) fill(off, end int64) linux.Errno {
	if limit, used, _ := n.fs.Usage(); end-off > limit-used+n.data.held() {
		return linux.ENOSPC
	}
	if n.data.pages != nil {
		return n.data.fillPages(n.fs, off, end)
	}
	for index := off / chunkSize; index <= (end-1)/chunkSize; index++ {
		need := min(end-index*chunkSize, chunkSize)
		if int64(len(n.data.baseChunk(index))) >= need {
			continue
		}
		if _, e := n.data.own(n.fs, index, int(need)); e != 0 {
			return e
		}
	}
	return 0
}

// Snapshot returns the contents that a generated file has now; ok is false for any other.
func (n *Inode) Snapshot() (b []byte, ok bool) {
	if n.generate == nil {
		return nil, false
	}
	return n.generate(), true
}
