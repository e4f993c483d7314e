package block

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

// Requests of ioctl: include/uapi/linux/fs.h.
const (
	blkROGet     = 0x125e
	blkSSZGet    = 0x1268
	blkDiscard   = 0x1277
	blkPBSZGet   = 0x127b
	blkZeroOut   = 0x127f
	blkGetSize64 = 0x80081272
)

// Modes of fallocate: include/uapi/linux/falloc.h.
const (
	keepSize  = 0x01
	punchHole = 0x02
	zeroRange = 0x10
)

// control asks a device by ioctl.
func control(f *os.File, request uintptr, arg unsafe.Pointer) error {
	var e syscall.Errno
	if err := withFd(f, func(fd uintptr) { _, _, e = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg)) }); err != nil {
		return err
	}
	if e != 0 {
		return e
	}
	return nil
}

func withFd(f *os.File, do func(fd uintptr)) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return c.Control(do)
}

func deviceGeometry(f *os.File) (g geometry, err error) {
	var sector, readOnly int32
	var physical uint32
	err = errors.Join(
		control(f, blkSSZGet, unsafe.Pointer(&sector)),
		control(f, blkPBSZGet, unsafe.Pointer(&physical)),
		control(f, blkROGet, unsafe.Pointer(&readOnly)))
	return geometry{sector: int(sector), physical: int(physical), readOnly: readOnly != 0}, err
}

func deviceSize(f *os.File) (int64, error) {
	var n uint64
	err := control(f, blkGetSize64, unsafe.Pointer(&n))
	return int64(n), err
}

func (d *Disk) discard(off, n int64) error {
	if d.geometry.regular {
		return unsupported(d.allocate(punchHole|keepSize, off, n))
	}
	r := [2]uint64{uint64(off), uint64(n)}
	return unsupported(control(d.file, blkDiscard, unsafe.Pointer(&r)))
}

func (d *Disk) zero(off, n int64) error {
	if d.geometry.regular {
		err := d.allocate(zeroRange|keepSize, off, n)
		if unsupported(err) == ErrUnsupported {
			err = d.writeZeros(off, n)
		}
		return err
	}
	r := [2]uint64{uint64(off), uint64(n)}
	return control(d.file, blkZeroOut, unsafe.Pointer(&r))
}

func (d *Disk) allocate(mode uint32, off, n int64) (err error) {
	if bad := withFd(d.file, func(fd uintptr) { err = syscall.Fallocate(int(fd), mode, off, n) }); bad != nil {
		return bad
	}
	return err
}

// unsupported names the errors by which a system says that it cannot.
func unsupported(err error) error {
	if err == syscall.EOPNOTSUPP || err == syscall.ENOSYS || err == syscall.ENOTTY {
		return ErrUnsupported
	}
	return err
}
