package linuxabi

import "internal/mirage/linuxabi/linux"

// blockFile is a disk or a partition that is open. Nothing is cached: what write has taken, the disk has.
type blockFile struct{ *blockDevice }

func (f *blockFile) read(d *description, b []byte) (int, linux.Errno) {
	d.pos.Lock()
	defer d.pos.Unlock()
	if overflows(d.offset, len(b)) {
		return 0, linux.EINVAL
	}
	n, e := f.move(d, b, d.offset, f.Volume.ReadAt)
	d.offset += int64(n)
	return n, e
}

func (f *blockFile) write(d *description, b []byte) (int, linux.Errno) {
	d.pos.Lock()
	defer d.pos.Unlock()
	if overflows(d.offset, len(b)) {
		return 0, linux.EINVAL
	}
	if d.flags.Load()&linux.O_APPEND != 0 {
		d.offset = f.Size()
	}
	n, e := f.writeAt(d, b, d.offset)
	d.offset += int64(n)
	return n, e
}

// readAt has no description: whole sectors are asked for by read alone.
func (f *blockFile) readAt(b []byte, off int64) (int, linux.Errno) {
	n, err := f.Volume.ReadAt(b, off)
	return n, blockErrno(err)
}

func (f *blockFile) writeAt(d *description, b []byte, off int64) (int, linux.Errno) {
	if len(b) > 0 && off >= f.Size() {
		return 0, linux.ENOSPC // blkdev_write_iter
	}
	n, e := f.move(d, b, off, f.Volume.WriteAt)
	if e == 0 && d.flags.Load()&linux.O_DSYNC != 0 {
		e = f.sync()
	}
	return n, e
}

// move reads or writes. With O_DIRECT it has to be whole sectors (open(2)), but for a piece that the end cuts off.
func (f *blockFile) move(d *description, b []byte, off int64, how func([]byte, int64) (int, error)) (int, linux.Errno) {
	if mask := f.Geometry().Sector - 1; d.flags.Load()&linux.O_DIRECT != 0 && (int(off)|len(b))&mask != 0 {
		return 0, linux.EINVAL
	}
	n, err := how(b, off)
	return n, blockErrno(err)
}

func (f *blockFile) seek(off int64, whence int) (int64, linux.Errno) {
	return seekIn(f.Size(), off, whence)
}

// sync makes what was written survive a crash.
func (f *blockFile) sync() linux.Errno { return blockErrno(f.Flush()) }

// allocate serves fallocate as blkdev_fallocate does: it takes away contents, and cannot add any.
func (f *blockFile) allocate(off, n int64, keep, punch, zero bool) linux.Errno {
	size := f.Size()
	switch {
	case off >= size, off+n > size && !keep:
		return linux.EINVAL
	case !punch && !zero:
		return linux.EOPNOTSUPP
	}
	n = min(n, size-off)
	if (off|n)&int64(f.Geometry().Sector-1) != 0 {
		return linux.EINVAL
	}
	return blockErrno(f.Zero(off, n, punch, zero))
}

func (f *blockFile) mode() uint32                { return linux.S_IFBLK | 0o660 }
func (f *blockFile) ready(d *description) uint32 { return readyAlways }
func (f *blockFile) queue() *waitQueue           { return nil }
func (f *blockFile) release(d *description)      {}
