package fat

import "internal/mirage/linuxabi/linux"

// A class is what a block holds, which says when it is written back: see sync.go.
type class uint8

const (
	data   class = iota // of files
	table               // of the table, whose copies are written with it
	folder              // of directories
	classes
)

// unit is the largest piece of the disk that is kept, bytes.
const unit = 4096

// A block is a piece of the disk in memory.
type block struct {
	at         int64
	data       []byte
	class      class
	dirty      bool
	prev, next *block // in the order of use
}

// A cache keeps the blocks that were used last.
type cache struct {
	blocks map[int64]*block
	ends   block // next is the one used last, prev the one that was used longest ago
	limit  int   // how many blocks
	dirty  [classes]int
}

// cacheSize is how much of a volume is kept in memory, bytes; half of it may wait to be written.
const cacheSize = 2 << 20

func (c *cache) init() {
	c.blocks = make(map[int64]*block)
	c.limit = cacheSize / unit
	c.ends.prev, c.ends.next = &c.ends, &c.ends
}

func (c *cache) unlink(b *block) { b.prev.next, b.next.prev = b.next, b.prev }

func (c *cache) use(b *block) {
	b.prev, b.next = &c.ends, c.ends.next
	b.prev.next, b.next.prev = b, b
}

func (c *cache) drop(b *block) {
	if b.dirty {
		c.dirty[b.class]--
	}
	c.unlink(b)
	delete(c.blocks, b.at)
}

// mark notes that b was changed, as something of a class.
func (c *cache) mark(b *block, as class) {
	if b.dirty {
		c.dirty[b.class]--
	}
	b.class, b.dirty = as, true
	c.dirty[as]++
}

// span returns where the block begins that holds a byte, and how long it is.
func (l *layout) span(at int64) (start, length int64) {
	base, end, size := int64(0), l.tableAt, int64(unit)
	switch {
	case at >= l.dataAt:
		base, end, size = l.dataAt, l.dataAt+int64(l.clusters)*l.cluster, min(unit, l.cluster)
	case at >= l.rootAt:
		base, end = l.rootAt, l.rootAt+l.rootSize
	case at >= l.tableAt:
		base, end = l.tableAt, l.tableAt+l.tableSize
	}
	start = base + (at-base)/size*size
	return start, min(size, end-start)
}

// block returns the block that holds the byte at; fresh says that all of it will be written, and it need not be read.
// It stays where it is until another is asked for.
func (v *Volume) block(at int64, fresh bool) (*block, linux.Errno) {
	start, length := v.span(at)
	c := &v.cache
	if b := c.blocks[start]; b != nil {
		c.unlink(b)
		c.use(b)
		return b, 0
	}
	if e := v.makeRoom(); e != 0 {
		return nil, e
	}
	b := &block{at: start, data: make([]byte, length)}
	if !fresh {
		if e := v.read(b.data, start); e != 0 {
			return nil, e
		}
	}
	c.blocks[start] = b
	c.use(b)
	return b, 0
}

// makeRoom sees that one more block may be kept.
func (v *Volume) makeRoom() linux.Errno {
	c := &v.cache
	if c.dirty[data] > c.limit/2 {
		if e := v.writeBack(data); e != 0 {
			return e
		}
	}
	if len(c.blocks) < c.limit {
		return 0
	}
	oldest := c.ends.prev
	if oldest.dirty && oldest.class == data {
		if e := v.writeBack(data); e != 0 {
			return e
		}
	} else if oldest.dirty {
		if e := v.sync(); e != 0 {
			return e
		}
	}
	c.drop(oldest)
	return 0
}

// forget drops the blocks in [start, end), which are written, or whose contents nobody needs.
func (v *Volume) forget(start, end int64) {
	for at := start; at < end; {
		first, length := v.span(at)
		if b := v.cache.blocks[first]; b != nil {
			v.cache.drop(b)
		}
		at = first + length
	}
}

// read fills p with what is on the disk.
func (v *Volume) read(p []byte, at int64) linux.Errno {
	if v.disk.ReadAt(p, at) != nil {
		return linux.EIO
	}
	return 0
}

// write writes p to the disk.
func (v *Volume) write(p []byte, at int64) linux.Errno {
	v.unflushed = true
	if v.disk.WriteAt(p, at) != nil {
		return linux.EIO
	}
	return 0
}
