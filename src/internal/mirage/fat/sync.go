package fat

import (
	"internal/mirage/linuxabi/linux"
)

// The order of writes. A disk may keep what is written in any order until it is told to flush, and a cut of power then loses any
// part of it; sectors are written whole or not at all. So that what is on the disk makes sense at any moment:
//
//   - a directory's fresh cluster is on the disk before the table has it in a chain, or another directory has its entry;
//   - a chain is in the table before a directory entry has its first cluster or a size that reaches into it;
//   - an entry is gone, or its size lower, before the table frees its clusters, and nobody else gets them until then;
//   - a file that moves has its new entry before the old one goes (rename.go).
//
// Data of files are written before entries have their size, so that nobody sees what was on the disk before.

// sync writes all that has changed, in order. What was given up is free when it returns, though the table on the disk does not
// say so yet.
func (v *Volume) sync() linux.Errno {
	if e := v.writeBack(data); e != 0 {
		return e
	}
	if v.freshFolders {
		if e := v.flush(); e != 0 {
			return e
		}
	}
	if e := v.writeBack(table); e != 0 {
		return e
	}
	if v.cache.dirty[folder] > 0 {
		if e := v.flush(); e != 0 {
			return e
		}
		if e := v.writeBack(folder); e != 0 {
			return e
		}
	}
	if e := v.flush(); e != 0 {
		return e
	}
	return v.freeReleased()
}

// flush makes what was written survive a cut of power.
func (v *Volume) flush() linux.Errno {
	if !v.unflushed {
		return 0
	}
	if v.disk.Flush() != nil {
		return linux.EIO
	}
	v.unflushed, v.freshFolders = false, false
	return 0
}

// maxWrite is the longest piece that is written at once, bytes.
const maxWrite = 256 << 10

// writeBack writes the changed blocks of a class, neighbours together, in ascending order.
func (v *Volume) writeBack(which class) linux.Errno {
	c := &v.cache
	if c.dirty[which] == 0 {
		return 0
	}
	list := make([]*block, 0, c.dirty[which])
	for b := c.ends.next; b != &c.ends; b = b.next {
		if b.dirty && b.class == which {
			list = append(list, b)
		}
	}
	sortBlocks(list)
	var buffer []byte
	for len(list) > 0 {
		n, size := 1, len(list[0].data)
		for n < len(list) && list[n].at == list[0].at+int64(size) && size+len(list[n].data) <= maxWrite {
			size += len(list[n].data)
			n++
		}
		piece := list[0].data
		if n > 1 {
			buffer = buffer[:0]
			for _, b := range list[:n] {
				buffer = append(buffer, b.data...)
			}
			piece = buffer
		}
		if e := v.writePiece(piece, list[0].at, which); e != 0 {
			return e
		}
		for _, b := range list[:n] {
			b.dirty = false
		}
		c.dirty[which] -= n
		list = list[n:]
	}
	return 0
}

// writePiece writes p, which is of the table to each of its copies.
func (v *Volume) writePiece(p []byte, at int64, which class) linux.Errno {
	copies := int64(1)
	if which == table {
		copies = v.tables
	}
	for i := range copies {
		if e := v.write(p, at+i*v.tableSize); e != 0 {
			return e
		}
	}
	return 0
}

// sortBlocks sorts by place: a heap sort, for this package may not import what has one.
func sortBlocks(list []*block) {
	sift := func(root, end int) {
		for {
			child := 2*root + 1
			if child >= end {
				return
			}
			if child+1 < end && list[child].at < list[child+1].at {
				child++
			}
			if list[root].at >= list[child].at {
				return
			}
			list[root], list[child] = list[child], list[root]
			root = child
		}
	}
	for i := len(list)/2 - 1; i >= 0; i-- {
		sift(i, len(list))
	}
	for end := len(list) - 1; end > 0; end-- {
		list[0], list[end] = list[end], list[0]
		sift(0, end)
	}
}

// begin is called before anything is changed: the volume says that it is in use, so that whoever finds it so checks it.
func (v *Volume) begin() linux.Errno {
	switch {
	case v.readOnly:
		return linux.EROFS
	}
	v.changes++
	if v.inUse {
		return 0
	}
	if e := v.setState(true); e != 0 {
		return e
	}
	v.inUse = true
	return 0
}

// setState says in the boot sector whether the volume is in use. Nothing else is under way when it is called.
func (v *Volume) setState(inUse bool) linux.Errno {
	boot := make([]byte, v.sector)
	if e := v.read(boot, 0); e != 0 {
		return e
	}
	boot[v.stateAt] &^= stateInUse
	if inUse {
		boot[v.stateAt] |= stateInUse
	}
	if e := v.write(boot, 0); e != 0 {
		return e
	}
	return v.flush()
}

// Settle writes all that has changed and says on the disk that the volume is not in use, until it is changed again: what has been
// settled needs no check. As long as a file without a name is used it is not said: a check alone finds its clusters.
func (v *Volume) Settle() linux.Errno {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.settle()
}

func (v *Volume) settle() linux.Errno {
	if !v.inUse {
		return 0
	}
	// The second time it is the table of what the first has freed.
	for range 2 {
		if e := v.sync(); e != 0 {
			return e
		}
	}
	if v.suspect || v.nameless > 0 {
		return 0 // the next mount is to check it
	}
	if e := v.markShut(); e != 0 {
		return e
	}
	if e := v.writeInfo(); e != 0 {
		return e
	}
	if e := v.setState(false); e != 0 {
		return e
	}
	v.inUse = false
	return 0
}

// Sync makes all changes until now survive a cut of power.
func (v *Volume) Sync() linux.Errno {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.sync()
}
