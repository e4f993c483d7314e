package fat

import "internal/mirage/linuxabi/linux"

// A File is a file or a directory of a volume. As long as anybody has it, whoever finds it gets the same one.
type File struct {
	v     *Volume
	dir   *File // where its entry is; nil for the root
	start int   // of its entry: the first slot, of the long name if it has one
	n     int   // of the short name
	at    int64 // where that is on the disk
	slot  slot  // as it is there
	name  string
	ino   uint64
	chain chain

	isDir bool
	fixed bool // the root directory of FAT12 and FAT16, which is no chain
	gone  bool // it was removed
	shut  bool // and nobody uses it any more
	count int  // of directories in it, -1: not known

	readEnd int64 // where the last read ended
	owner   any
}

// MaxSize is the size of the largest file, bytes.
const MaxSize = 1<<32 - 1

func (v *Volume) newRoot() *File {
	f := &File{v: v, isDir: true, fixed: v.bits != 32, ino: rootIno, count: -1}
	if !f.fixed {
		f.chain.first = v.layout.root
	}
	return f
}

// file returns the file of an entry of dir. mu is held.
func (v *Volume) file(dir *File, en *entry) *File {
	if f := v.files.get(en.at); f != nil {
		return f
	}
	f := &File{v: v, dir: dir, start: en.start, n: en.n, at: en.at, slot: en.slot, name: en.name.String(), isDir: en.slot.isFolder(), count: -1}
	f.chain.first = en.slot.first(v.bits)
	v.files.put(f)
	return f
}

// Owner returns what belongs to f, and makes it the first time.
func (f *File) Owner(make func() any) any {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	if f.owner == nil {
		f.owner = make()
	}
	return f.owner
}

// Name is the file's name.
func (f *File) Name() string {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	return f.name
}

// IsDir reports whether f is a directory.
func (f *File) IsDir() bool { return f.isDir }

// IsReadOnly reports whether f is marked as one that is not to be written.
func (f *File) IsReadOnly() bool {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	return f.slot[slotAttr]&attrReadOnly != 0
}

// Ino is the file's number: it has it as long as it is in memory.
func (f *File) Ino() uint64 { return f.ino }

// An Attr is what is known of a file. Times are nanoseconds since 1970.
type Attr struct {
	Size, Blocks        int64 // Blocks are of 512 bytes
	Links               uint32
	Cluster             int64
	Used, Changed, Made int64
	ReadOnly            bool
}

// Attr returns what is known of f.
func (f *File) Attr() (a Attr, e linux.Errno) {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	a = Attr{Links: 1, Cluster: v.cluster, ReadOnly: f.slot[slotAttr]&attrReadOnly != 0 && !f.isDir}
	if f.dir != nil || f.gone { // the root has no times
		a.Used, a.Changed, a.Made = f.slot.used(), f.slot.changed(), f.slot.made()
	}
	if f.gone {
		a.Links = 0
	}
	if !f.isDir {
		a.Size = f.slot.size()
		a.Blocks = (a.Size + v.cluster - 1) / v.cluster * (v.cluster / 512)
		return a, 0
	}
	if a.Size, e = v.folderSize(f); e != 0 || f.gone {
		return a, e
	}
	a.Blocks = a.Size / 512
	if f.count < 0 {
		count := 0
		e = v.entries(f, 0, func(en *entry) bool {
			count += b2i(en.slot.isFolder())
			return true
		})
		f.count = count
	}
	a.Links = uint32(2 + f.count)
	return a, e
}

// folderSize is how many bytes a directory has.
func (v *Volume) folderSize(f *File) (int64, linux.Errno) {
	if f.fixed {
		return v.rootSize, 0
	}
	if f.chain.first == 0 {
		return 0, 0
	}
	_, _, length, e := v.find(&f.chain, maxSlots*slotSize/512)
	return int64(length) * v.cluster, e
}

// need is how many clusters a size takes.
func (v *Volume) need(size int64) uint32 { return uint32((size + v.cluster - 1) / v.cluster) }

// save writes f's entry. Of a file that was removed there is none.
func (v *Volume) save(f *File) linux.Errno {
	if f.gone || f.dir == nil {
		return 0
	}
	return v.putAt(f.at, &f.slot)
}

// touch notes a change of f's contents, now.
func (v *Volume) touch(f *File) {
	f.slot.setChanged(v.now())
	f.slot[slotAttr] |= attrArchive
}

// ReadAt fills p with what is at off, and returns how much there was: 0 at the end.
func (f *File) ReadAt(p []byte, off int64) (int, linux.Errno) {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if f.isDir {
		return 0, linux.EISDIR
	}
	left := f.slot.size() - off
	if left <= 0 {
		return 0, 0
	}
	p = p[:min(int64(len(p)), left)]
	sequential := off == f.readEnd
	done, e := v.each(f, p, off, func(piece []byte, at, ahead int64) linux.Errno {
		if !sequential {
			ahead = 0
		}
		return v.readPiece(piece, at, ahead)
	})
	f.readEnd = off + int64(done)
	if done > 0 {
		e = 0
	}
	return done, e
}

// each calls do for the pieces of p, which is at off in f: where each is on the disk, and how many bytes of the file follow it in a
// row there. It returns how much was done.
func (v *Volume) each(f *File, p []byte, off int64, do func(piece []byte, at, ahead int64) linux.Errno) (done int, e linux.Errno) {
	for done < len(p) {
		index, skip := uint32(off/v.cluster), off%v.cluster
		c, _, _, e := v.find(&f.chain, index)
		if e == 0 && c == 0 {
			e = v.damaged() // the size says that there is more
		}
		if e != 0 {
			return done, e
		}
		want := int64(len(p) - done)
		n, e := v.row(&f.chain, index, c, v.need(skip+max(want, readAhead)))
		if e != 0 && n == 0 {
			return done, e
		}
		length := min(want, int64(n)*v.cluster-skip)
		ahead := min(int64(n)*v.cluster-skip, f.slot.size()-off) - length
		if e := do(p[done:done+int(length)], v.offset(c)+skip, ahead); e != 0 {
			return done, e
		}
		done, off = done+int(length), off+length
	}
	return done, 0
}

// Sizes of pieces, bytes.
const (
	readAhead   = 32 << 10 // that is read at once by who reads in order
	directRead  = 16 << 10 // from here on what is not in memory is read past the cache
	directWrite = 32 << 10 // and written
)

// readPiece reads what lies in a row on the disk. ahead is how much more may be taken into the cache.
func (v *Volume) readPiece(p []byte, at, ahead int64) linux.Errno {
	for len(p) > 0 {
		start, length := v.span(at)
		if b := v.cache.blocks[start]; b == nil && at == start && len(p) >= directRead {
			n := int64(0)
			for int64(len(p))-n >= length && v.cache.blocks[at+n] == nil && n+length <= maxDirect {
				n += length
			}
			if e := v.read(p[:n], at); e != 0 {
				return e
			}
			p, at = p[n:], at+n
			continue
		} else if b == nil && ahead > 0 {
			if e := v.load(start, min(at+int64(len(p))+ahead, start+readAhead)); e != 0 {
				return e
			}
		}
		b, e := v.block(at, false)
		if e != 0 {
			return e
		}
		n := copy(p, b.data[at-start:])
		p, at = p[n:], at+int64(n)
	}
	return 0
}

// maxDirect is the longest piece that is read or written past the cache at once, bytes.
const maxDirect = 1 << 20

// load takes blocks from start to before end, as far as they are not in memory, into the cache by one read.
func (v *Volume) load(start, end int64) linux.Errno {
	_, length := v.span(start)
	n := length
	for start+n+length <= end && v.cache.blocks[start+n] == nil {
		n += length
	}
	if n == length {
		return 0
	}
	b := make([]byte, n)
	if e := v.read(b, start); e != 0 {
		return e
	}
	for off := n - length; off >= 0; off -= length { // the first last, so that it is the one used last
		fresh, e := v.block(start+off, true)
		if e != 0 {
			return e
		}
		copy(fresh.data, b[off:])
	}
	return 0
}
