package linux

// Where arm64 differs from the generic table (arch/arm64/include/uapi/asm).
const (
	Machine = "aarch64"

	O_DIRECTORY = 0x4000
	O_NOFOLLOW  = 0x8000
	O_DIRECT    = 0x10000
	O_LARGEFILE = 0x20000
)

// Nlink is the type of st_nlink.
type Nlink = uint32

// A Stat is struct stat.
type Stat struct {
	Dev     uint64
	Ino     uint64
	Mode    uint32
	Nlink   Nlink
	Uid     uint32
	Gid     uint32
	Rdev    uint64
	_       uint64
	Size    int64
	Blksize int32
	_       int32
	Blocks  int64
	Atim    Timespec
	Mtim    Timespec
	Ctim    Timespec
	_       [2]int32
}

// An EpollEvent is struct epoll_event.
type EpollEvent struct {
	Events uint32
	_      uint32
	Data   [2]uint32
}
