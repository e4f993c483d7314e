package linux

// Where amd64 differs from the generic table (arch/x86/include/uapi/asm).
const (
	Machine = "x86_64"

	O_DIRECT    = 0x4000
	O_LARGEFILE = 0x8000
	O_DIRECTORY = 0x10000
	O_NOFOLLOW  = 0x20000
)

// Nlink is the type of st_nlink.
type Nlink = uint64

// A Stat is struct stat.
type Stat struct {
	Dev     uint64
	Ino     uint64
	Nlink   Nlink
	Mode    uint32
	Uid     uint32
	Gid     uint32
	_       int32
	Rdev    uint64
	Size    int64
	Blksize int64
	Blocks  int64
	Atim    Timespec
	Mtim    Timespec
	Ctim    Timespec
	_       [3]int64
}

// An EpollEvent is struct epoll_event, which is packed on this architecture alone.
type EpollEvent struct {
	Events uint32
	Data   [2]uint32
}
