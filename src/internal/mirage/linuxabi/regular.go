package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
)

// Files of the tree: regular ones, those made when they are opened, directories, and descriptors of O_PATH.

// regular is a regular file.
type regular struct{ node *fs.Inode }

func (f *regular) read(d *description, b []byte) (int, linux.Errno) {
	d.pos.Lock()
	defer d.pos.Unlock()
	if overflows(d.offset, len(b)) {
		return 0, linux.EINVAL
	}
	n, e := f.node.ReadAt(b, d.offset)
	d.offset += int64(n)
	return n, e
}

func (f *regular) write(d *description, b []byte) (n int, e linux.Errno) {
	d.pos.Lock()
	defer d.pos.Unlock()
	if overflows(d.offset, len(b)) {
		return 0, linux.EINVAL
	}
	if d.flags.Load()&linux.O_APPEND != 0 {
		var end int64
		n, end, e = f.node.Append(b)
		if n > 0 {
			d.offset = end
		}
		return f.written(d, n, e)
	}
	n, e = f.node.WriteAt(b, d.offset)
	d.offset += int64(n)
	return f.written(d, n, e)
}

// written is what write answers: with O_DSYNC, and so with O_SYNC, when the bytes are where a cut of power leaves them
// (generic_write_sync).
func (f *regular) written(d *description, n int, e linux.Errno) (int, linux.Errno) {
	if n > 0 && d.flags.Load()&linux.O_DSYNC != 0 {
		if e := f.node.Sync(); e != 0 {
			return 0, e
		}
	}
	return n, e
}

func (f *regular) readAt(b []byte, off int64) (int, linux.Errno) { return f.node.ReadAt(b, off) }

// writeAt appends if the file was opened so: that is what Linux does, whatever POSIX says (pwrite(2), "BUGS").
func (f *regular) writeAt(d *description, b []byte, off int64) (int, linux.Errno) {
	if d.flags.Load()&linux.O_APPEND != 0 {
		n, _, e := f.node.Append(b)
		return f.written(d, n, e)
	}
	n, e := f.node.WriteAt(b, off)
	return f.written(d, n, e)
}

func (f *regular) seek(off int64, whence int) (int64, linux.Errno) {
	return seekIn(f.node.Size(), off, whence)
}

// seekIn is lseek in a file of one piece: all of it is data, and the only hole is at the end (lseek(2)).
func seekIn(size, off int64, whence int) (int64, linux.Errno) {
	switch whence {
	case linux.SEEK_END:
		return size + off, 0 // negative when it overflows
	case linux.SEEK_DATA:
		if off < 0 || off >= size {
			return 0, linux.ENXIO
		}
		return off, 0
	}
	if off < 0 || off >= size {
		return 0, linux.ENXIO
	}
	return size, 0
}

func (f *regular) mode() uint32                { return f.node.Mode() }
func (f *regular) ready(d *description) uint32 { return readyAlways }
func (f *regular) queue() *waitQueue           { return nil }
func (f *regular) release(d *description)      {}

// snapshot is a generated file as it was when it was opened.
type snapshot struct {
	node *fs.Inode
	data []byte
}

func (f *snapshot) read(d *description, b []byte) (int, linux.Errno) {
	d.pos.Lock()
	defer d.pos.Unlock()
	n, e := f.readAt(b, d.offset)
	d.offset += int64(n)
	return n, e
}

func (f *snapshot) readAt(b []byte, off int64) (int, linux.Errno) {
	if off >= int64(len(f.data)) {
		return 0, 0
	}
	return copy(b, f.data[off:]), 0
}

func (f *snapshot) write(d *description, b []byte) (int, linux.Errno) { return 0, linux.EIO }

func (f *snapshot) writeAt(d *description, b []byte, off int64) (int, linux.Errno) {
	return 0, linux.EIO
}

func (f *snapshot) seek(off int64, whence int) (int64, linux.Errno) {
	return seekIn(int64(len(f.data)), off, whence)
}

func (f *snapshot) mode() uint32                { return f.node.Mode() }
func (f *snapshot) ready(d *description) uint32 { return readyAlways }
func (f *snapshot) queue() *waitQueue           { return nil }
func (f *snapshot) release(d *description)      {}

// directory is a directory that is open.
type directory struct{ node *fs.Inode }

func (f *directory) read(d *description, b []byte) (int, linux.Errno) {
	d.pos.Lock()
	defer d.pos.Unlock()
	if overflows(d.offset, len(b)) {
		return 0, linux.EINVAL
	}
	return 0, linux.EISDIR
}

func (f *directory) write(d *description, b []byte) (int, linux.Errno) { return 0, linux.EBADF }

func (f *directory) readAt(b []byte, off int64) (int, linux.Errno) { return 0, linux.EISDIR }

func (f *directory) writeAt(d *description, b []byte, off int64) (int, linux.Errno) {
	return 0, linux.EBADF
}

// seek has nothing but the cookies that getdents64 gives.
func (f *directory) seek(off int64, whence int) (int64, linux.Errno) { return 0, linux.EINVAL }

func (f *directory) mode() uint32                { return f.node.Mode() }
func (f *directory) ready(d *description) uint32 { return readyAlways }
func (f *directory) queue() *waitQueue           { return nil }
func (f *directory) release(d *description)      {}

// pathFile is a descriptor of O_PATH: it names a file, and every other use is EBADF.
type pathFile struct{ node *fs.Inode }

func (f pathFile) read(d *description, b []byte) (int, linux.Errno)  { return 0, linux.EBADF }
func (f pathFile) write(d *description, b []byte) (int, linux.Errno) { return 0, linux.EBADF }
func (f pathFile) mode() uint32                                      { return f.node.Mode() }
func (f pathFile) ready(d *description) uint32                       { return readyAlways }
func (f pathFile) queue() *waitQueue                                 { return nil }
func (f pathFile) release(d *description)                            {}
