package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/volume"
)

// What ioctl asks of a disk (block/ioctl.c).

// control serves ioctl. The error is ENOTTY: it is no request to a disk.
func (p *Process) blockControl(d *description, f *blockFile, request uint32, ptr uintptr) linux.Errno {
	g := f.Geometry()
	physical := uint32(max(g.Physical, g.Sector))
	switch request {
	case linux.BLKGETSIZE64:
		return store(ptr, uint64(f.Size()))
	case linux.BLKGETSIZE:
		return store(ptr, uint64(f.Size()/512))
	case linux.BLKSSZGET:
		return store(ptr, int32(g.Sector))
	case linux.BLKPBSZGET, linux.BLKIOMIN:
		return store(ptr, physical)
	case linux.BLKIOOPT:
		return store(ptr, uint32(g.Optimal))
	case linux.BLKBSZGET:
		return store(ptr, int32(pageSize))
	case linux.BLKBSZSET, linux.BLKRASET:
		return 0 // nothing is cached or read ahead
	case linux.BLKRAGET:
		return store(ptr, uint64(0))
	case linux.BLKROGET:
		return store(ptr, int32(bit(g.ReadOnly)))
	case linux.BLKALIGNOFF:
		return store(ptr, int32(0))
	case linux.BLKDISCARDZEROES:
		return store(ptr, uint32(0))
	case linux.BLKROTATIONAL:
		return store(ptr, uint16(0))
	case linux.BLKFLSBUF:
		return f.sync()
	case linux.BLKDISCARD, linux.BLKZEROOUT:
		return f.clearRange(d, request, ptr)
	case linux.BLKRRPART:
		return p.rescan(f)
	case linux.HDIO_GETGEO:
		return store(ptr, f.hdGeometry())
	}
	return linux.ENOTTY
}

// clearRange serves BLKDISCARD and BLKZEROOUT, of a start and a length.
func (f *blockFile) clearRange(d *description, request uint32, ptr uintptr) linux.Errno {
	if !d.writable() {
		return linux.EBADF
	}
	r, e := load[[2]uint64](ptr)
	if e != 0 {
		return e
	}
	off, n := int64(r[0]), int64(r[1])
	if off < 0 || n < 0 || (off|n)&int64(f.Geometry().Sector-1) != 0 {
		return linux.EINVAL
	}
	if request == linux.BLKDISCARD {
		return blockErrno(f.Discard(off, n))
	}
	return blockErrno(f.Zero(off, n, false, true))
}

// hdGeometry is the made-up one of a disk that has none: with 255 heads and 63 sectors (fdisk).
func (f *blockFile) hdGeometry() linux.HDGeometry {
	const heads, sectors = 255, 63
	return linux.HDGeometry{
		Heads: heads, Sectors: sectors, Cylinders: uint16(min(f.Size()/512/heads/sectors, 0xffff)), Start: uint64(f.partition.Start / 512),
	}
}

// rescan reads a disk's partition table again. Partitions that are the same stay as they are.
func (p *Process) rescan(f *blockFile) linux.Errno {
	if f.blockDevice != f.disk.whole {
		return linux.EINVAL
	}
	err := p.scan(f.disk)
	if err == volume.ErrNone {
		return 0
	}
	return blockErrno(err)
}
