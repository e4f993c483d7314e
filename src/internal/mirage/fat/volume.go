package fat

import (
	"internal/mirage/linuxabi/linux"
	"sync"
)

// A Volume is a mounted one. Its methods, and those of its files, may be called from any goroutine.
type Volume struct {
	layout
	mu   sync.Mutex // guards all that follows, and the files
	disk Disk
	now  func() int64

	readOnly bool
	suspect  bool // it contradicts itself
	inUse    bool // says the boot sector
	changes  uint64

	cache        cache
	unflushed    bool // something was written since the disk was flushed
	freshFolders bool // and directories' new clusters are among it

	free          int64  // clusters, with what was released; less than 0: not known
	counted       bool   // and not what others have left
	hint          uint32 // where to look for a free one
	released      []run  // free once it is written that nobody refers to them
	releasedCount int64
	nameless      int // files that were removed and are used still: nothing on the disk says whose their clusters are

	root   *File
	files  files
	report Report
}

// Mount reads a volume. If it was not ended properly it is checked, and put right unless it is readOnly. now is the wall clock,
// nanoseconds since 1970.
func Mount(disk Disk, now func() int64, readOnly bool) (*Volume, error) {
	boot := make([]byte, bootSector)
	if disk.Size() < bootSector {
		return nil, ErrNotFAT
	}
	if err := disk.ReadAt(boot, 0); err != nil {
		return nil, err
	}
	l, err := parseLayout(boot, disk.Size())
	if err != nil {
		return nil, err
	}
	v := &Volume{layout: l, disk: disk, now: now, readOnly: readOnly}
	v.cache.init()
	v.files.init()
	v.root = v.newRoot()
	v.inUse = boot[l.stateAt]&stateInUse != 0
	_, shut, e := v.shut()
	if e != 0 {
		return nil, errRead
	}
	v.readInfo()
	if v.inUse || !shut {
		v.free, v.hint = -1, 2
		if !readOnly && v.repair() != 0 {
			return nil, errRepair
		}
	}
	return v, nil
}

// Root is the root directory.
func (v *Volume) Root() *File { return v.root }

// ReadOnly reports whether the volume cannot be changed: it was mounted so, or has turned out to be damaged.
func (v *Volume) ReadOnly() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.readOnly
}

// Changes is how many changes have begun: whoever sees the same number twice knows that there were none between.
func (v *Volume) Changes() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.changes
}

// Found is what Mount found and put right.
func (v *Volume) Found() Report { return v.report }

// Space returns how large a cluster is, how many there are, and how many are free.
func (v *Volume) Space() (cluster int64, all, unused int64, e linux.Errno) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e = v.countFree(int64(v.clusters) + 1)
	return v.cluster, int64(v.clusters), max(v.free, 0), e
}

// files are those that are in memory, by the place of their entries: whoever finds a file again gets the same one.
type files struct {
	byPlace map[int64]weakPointer
	byIno   map[uint64]weakPointer
	limit   int // when there are more, those that are gone are swept out
	strays  uint64

	// The last ones stay in memory, so that they have what is known of them when they are used again.
	recent [1024]*File
	at     int
}

func (t *files) init() {
	t.byPlace, t.byIno = map[int64]weakPointer{}, map[uint64]weakPointer{}
	t.limit = 2 * len(t.recent)
}

// get returns the file whose entry is at a place, nil if it is not in memory.
func (t *files) get(at int64) *File { return t.byPlace[at].file() }

// put makes f known, and gives it a number.
func (t *files) put(f *File) {
	if f.ino == 0 {
		f.ino = t.number(f)
		t.byIno[f.ino] = weakTo(f)
	}
	t.byPlace[f.at] = weakTo(f)
	t.recent[t.at%len(t.recent)] = f
	t.at++
	if len(t.byPlace)+len(t.byIno) < t.limit {
		return
	}
	for at, p := range t.byPlace {
		if p.file() == nil {
			delete(t.byPlace, at)
		}
	}
	for ino, p := range t.byIno {
		if p.file() == nil {
			delete(t.byIno, ino)
		}
	}
	t.limit = 2*(len(t.byPlace)+len(t.byIno)) + 2*len(t.recent)
}

// number returns the inode number of a file: that of its entry's place, unless a file that was there before still has it.
func (t *files) number(f *File) uint64 {
	n := inoOf(f.at)
	if t.byIno[n].file() != nil {
		t.strays++
		n = 1<<62 + t.strays
	}
	return n
}

// inoOf is the inode number that a place gives.
func inoOf(at int64) uint64 { return uint64(at/slotSize) + rootIno + 1 }

// rootIno is the root's number, as on Linux.
const rootIno = 1

// move notes that f's entry is elsewhere now.
func (t *files) move(f *File, to int64) {
	t.forget(f)
	f.at = to
	t.put(f)
}

// forget notes that f's entry is gone.
func (t *files) forget(f *File) {
	if t.get(f.at) == f {
		delete(t.byPlace, f.at)
	}
}
