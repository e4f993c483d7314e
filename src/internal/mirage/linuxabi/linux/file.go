package linux

// Limits (include/uapi/linux/limits.h, uio.h).
const (
	NAME_MAX    = 255  // bytes of one name
	PATH_MAX    = 4096 // bytes of a path with its NUL
	IOV_MAX     = 1024
	MAX_RW      = 0x7ffff000 // bytes that one read or write moves at most
	MAXSYMLINKS = 40
)

// Flags of open (include/uapi/asm-generic/fcntl.h). Those that differ between architectures stand in
// arch_*.go.
const (
	O_RDONLY   = 0x0
	O_WRONLY   = 0x1
	O_RDWR     = 0x2
	O_ACCMODE  = 0x3
	O_CREAT    = 0x40
	O_EXCL     = 0x80
	O_NOCTTY   = 0x100
	O_TRUNC    = 0x200
	O_APPEND   = 0x400
	O_NONBLOCK = 0x800
	O_DSYNC    = 0x1000
	FASYNC     = 0x2000
	O_NOATIME  = 0x40000
	O_CLOEXEC  = 0x80000
	O_SYNC     = 0x101000
	O_PATH     = 0x200000
	O_TMPFILE_ = 0x400000 // with O_DIRECTORY it is O_TMPFILE
)

// File types and permissions in st_mode.
const (
	S_IFMT   = 0xf000
	S_IFSOCK = 0xc000
	S_IFLNK  = 0xa000
	S_IFREG  = 0x8000
	S_IFBLK  = 0x6000
	S_IFDIR  = 0x4000
	S_IFCHR  = 0x2000
	S_IFIFO  = 0x1000
	S_ISUID  = 0x800
	S_ISGID  = 0x400
	S_ISVTX  = 0x200
	S_IXGRP  = 0x8
	S_IALL   = 0xfff // all but the type
	S_IXUGO  = 0x49
)

// The *at calls.
const (
	AT_FDCWD            = -0x64
	AT_SYMLINK_NOFOLLOW = 0x100
	AT_EACCESS          = 0x200
	AT_REMOVEDIR        = 0x200
	AT_SYMLINK_FOLLOW   = 0x400
	AT_NO_AUTOMOUNT     = 0x800
	AT_EMPTY_PATH       = 0x1000
	AT_STATX_SYNC_TYPE  = 0x6000

	RENAME_NOREPLACE = 0x1
	RENAME_EXCHANGE  = 0x2
	RENAME_WHITEOUT  = 0x4

	UTIME_NOW  = 0x3fffffff
	UTIME_OMIT = 0x3ffffffe
)

// Extended attributes (include/uapi/linux/limits.h, xattr.h).
const (
	XATTR_NAME_MAX = 255
	XATTR_SIZE_MAX = 65536

	XATTR_CREATE  = 0x1
	XATTR_REPLACE = 0x2
)

// lseek and fallocate.
const (
	SEEK_SET  = 0
	SEEK_CUR  = 1
	SEEK_END  = 2
	SEEK_DATA = 3
	SEEK_HOLE = 4

	FALLOC_FL_KEEP_SIZE  = 0x1
	FALLOC_FL_PUNCH_HOLE = 0x2
	FALLOC_FL_ZERO_RANGE = 0x10
)

// Commands of fcntl, and flock's operations.
const (
	F_DUPFD         = 0
	F_GETFD         = 1
	F_SETFD         = 2
	F_GETFL         = 3
	F_SETFL         = 4
	F_GETLK         = 5
	F_SETLK         = 6
	F_SETLKW        = 7
	F_OFD_GETLK     = 36
	F_OFD_SETLK     = 37
	F_OFD_SETLKW    = 38
	F_SETPIPE_SZ    = 1031
	F_GETPIPE_SZ    = 1032
	F_DUPFD_CLOEXEC = 1030
	F_ADD_SEALS     = 1033
	F_GET_SEALS     = 1034
	FD_CLOEXEC      = 1
	F_RDLCK         = 0
	F_WRLCK         = 1
	F_UNLCK         = 2

	LOCK_SH = 1
	LOCK_EX = 2
	LOCK_NB = 4
	LOCK_UN = 8
)

// Device numbers of the character devices that exist here (Documentation/admin-guide/devices.txt).
const (
	DevNull    = 1<<8 | 3
	DevZero    = 1<<8 | 5
	DevFull    = 1<<8 | 7
	DevRandom  = 1<<8 | 8
	DevUrandom = 1<<8 | 9
	DevTTY     = 5<<8 | 0
	DevConsole = 5<<8 | 1
)

// Major numbers of disks. That of a virtio disk is what Linux gives to the first driver that asks for any.
const (
	MajorXen      = 202 // xvd
	MajorExtended = 259 // partitions behind the 15th, and disks of other names
	MajorVirtio   = 254 // vd
)

// Requests of ioctl to a disk (include/uapi/linux/fs.h, hdreg.h).
const (
	HDIO_GETGEO      = 0x301
	BLKROGET         = 0x125e
	BLKRRPART        = 0x125f
	BLKGETSIZE       = 0x1260
	BLKFLSBUF        = 0x1261
	BLKRASET         = 0x1262
	BLKRAGET         = 0x1263
	BLKSSZGET        = 0x1268
	BLKDISCARD       = 0x1277
	BLKIOMIN         = 0x1278
	BLKIOOPT         = 0x1279
	BLKALIGNOFF      = 0x127a
	BLKPBSZGET       = 0x127b
	BLKDISCARDZEROES = 0x127c
	BLKROTATIONAL    = 0x127e
	BLKZEROOUT       = 0x127f
	BLKBSZGET        = 0x80081270
	BLKBSZSET        = 0x40081271
	BLKGETSIZE64     = 0x80081272
)

// A HDGeometry is struct hd_geometry.
type HDGeometry struct {
	Heads, Sectors uint8
	Cylinders      uint16
	Start          uint64
}

// Makedev returns a device number as stat gives it (include/linux/kdev_t.h, new_encode_dev).
func Makedev(major, minor uint32) uint64 {
	return uint64(minor&0xff | major<<8&0xfff00 | minor&^0xff<<12)
}

// Kinds in a directory entry's d_type are st_mode's type shifted.
const DTShift = 12

// File system magic numbers of statfs (include/uapi/linux/magic.h).
const (
	TMPFS_MAGIC       = 0x01021994
	MSDOS_SUPER_MAGIC = 0x4d44

	PIPEFS_MAGIC  = 0x50495045
	SOCKFS_MAGIC  = 0x534f434b
	ANON_FS_MAGIC = 0x09041934

	// Flags of statfs (include/linux/statfs.h).
	ST_RDONLY  = 0x1
	ST_VALID   = 0x20
	ST_NOATIME = 0x400

	MFD_CLOEXEC    = 0x1
	MFD_SEALING    = 0x2
	MFD_NOEXEC     = 0x8
	MFD_EXEC       = 0x10
	CLOSE_RANGE_CX = 0x4 // CLOSE_RANGE_CLOEXEC
)

// A Timespec is struct timespec.
type Timespec struct{ Sec, Nsec int64 }

// A Timeval is struct timeval.
type Timeval struct{ Sec, Usec int64 }

// A Timex is struct timex: what is known of a clock's error (include/uapi/linux/timex.h).
type Timex struct {
	Modes                                  uint32
	_                                      uint32
	Offset, Freq, Maxerror, Esterror       int64
	Status                                 int32
	_                                      uint32
	Constant, Precision, Tolerance         int64
	Time                                   Timeval
	Tick, Ppsfreq, Jitter                  int64
	Shift                                  int32
	_                                      uint32
	Stabil, Jitcnt, Calcnt, Errcnt, Stbcnt int64
	Tai                                    int32
	_                                      [11]int32
}

const (
	STA_UNSYNC = 0x40
	TIME_ERROR = 5
)

// An Iovec is struct iovec: a piece of the caller's memory.
type Iovec struct {
	Base uintptr
	Len  uintptr
}

// A Flock is struct flock.
type Flock struct {
	Type   int16
	Whence int16
	_      int32
	Start  int64
	Len    int64
	Pid    int32
	_      int32
}

// A Statfs is struct statfs.
type Statfs struct {
	Type    int64
	Bsize   int64
	Blocks  uint64
	Bfree   uint64
	Bavail  uint64
	Files   uint64
	Ffree   uint64
	Fsid    [2]int32
	Namelen int64
	Frsize  int64
	Flags   int64
	Spare   [4]int64
}

// A Statx is struct statx, STATX_BASIC_STATS and STATX_BTIME wide.
type Statx struct {
	Mask           uint32
	Blksize        uint32
	Attributes     uint64
	Nlink          uint32
	Uid            uint32
	Gid            uint32
	Mode           uint16
	_              uint16
	Ino            uint64
	Size           uint64
	Blocks         uint64
	AttributesMask uint64
	Atime          StatxTime
	Btime          StatxTime
	Ctime          StatxTime
	Mtime          StatxTime
	RdevMajor      uint32
	RdevMinor      uint32
	DevMajor       uint32
	DevMinor       uint32
	_              [14]uint64
}

// A StatxTime is struct statx_timestamp.
type StatxTime struct {
	Sec  int64
	Nsec uint32
	_    int32
}

// Statx masks.
const (
	STATX_BASIC_STATS = 0x7ff
	STATX_BTIME       = 0x800
	STATX_RESERVED    = 0x80000000
)
