package fs

import (
	"internal/mirage/linuxabi/linux"
	"sync"
	"sync/atomic"
)

// An FS is one file tree. Its methods may be called from any goroutine.
type FS struct {
	// mu guards the namespace: the entries, names and parents of every directory, and every link count.
	mu sync.RWMutex

	root    *Inode
	now     func() int64
	lastIno atomic.Uint64
	nodes   atomic.Int64
	limit   int64
	used    atomic.Int64
	pager   Pager

	disk   *Mount // the volume whose tree this is; nil: that of the machine
	covers *Inode // the directory in whose place it is

	mountsMu sync.Mutex
	mounts   []*Mount
	mounted  atomic.Bool // there are any

	watching watching
}

// What a node and a name are taken to cost, in bytes, so that a tree of empty files is bounded too.
const (
	nodeCost = 512
	nameCost = 128
)

// New makes an empty tree of at most limit bytes. now is the wall clock, nanoseconds since 1970.
func New(limit int64, now func() int64) *FS {
	f := &FS{now: now, limit: limit}
	f.root = f.newInode(linux.S_IFDIR|0o755, 0)
	f.root.dir = &directory{parent: f.root}
	f.root.nlink = 2
	return f
}

// Root returns the root directory.
func (f *FS) Root() *Inode { return f.root }

// Usage returns the tree's limit and what is used of it, in bytes, and how many nodes there are.
func (f *FS) Usage() (limit, used, nodes int64) { return f.limit, f.used.Load(), f.nodes.Load() }

// reserve takes n bytes of the limit, or reports that they are not there.
func (f *FS) reserve(n int64) bool {
	if f.used.Add(n) > f.limit {
		f.used.Add(-n)
		return false
	}
	return true
}

func (f *FS) unreserve(n int64) { f.used.Add(-n) }
