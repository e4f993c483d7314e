package fat

import "internal/mirage/linuxabi/linux"

// WriteAt writes p at off; what lies between the file's end and off is zero then. It writes less only when the volume is full.
func (f *File) WriteAt(p []byte, off int64) (int, linux.Errno) {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	return f.write(p, off)
}

// Append is WriteAt at the file's end, and returns where that is afterwards.
func (f *File) Append(p []byte) (n int, end int64, e linux.Errno) {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	n, e = f.write(p, f.slot.size())
	return n, f.slot.size(), e
}

func (f *File) write(p []byte, off int64) (int, linux.Errno) {
	v := f.v
	switch {
	case len(p) == 0:
		return 0, 0
	case off >= MaxSize:
		return 0, linux.EFBIG
	}
	if e := v.begin(); e != 0 {
		return 0, e
	}
	p = p[:min(int64(len(p)), MaxSize-off)]
	old := f.slot.size()
	if end := off + int64(len(p)); end > old {
		end, e := v.grow(f, end)
		if e == 0 && end <= off {
			e = linux.ENOSPC
		}
		if e == 0 && off > old {
			e = v.zero(f, old, off)
		}
		if e != 0 {
			v.shrink(f, old)
			return 0, e
		}
		p = p[:min(int64(len(p)), end-off)]
	}
	done, e := v.each(f, p, off, v.writer(f, off, old))
	if end := off + int64(done); end > old && done > 0 {
		f.slot.setSize(end)
	}
	v.touch(f)
	if end := max(off+int64(len(p)), old); f.slot.size() < end {
		v.shrink(f, f.slot.size())
	}
	if saved := v.save(f); saved != 0 {
		return 0, saved
	}
	if done > 0 {
		return done, 0
	}
	return 0, e
}

// grow gives f clusters for a size, or for as much of it as there is room for, and returns how much that is.
func (v *Volume) grow(f *File, size int64) (int64, linux.Errno) {
	want := v.need(size)
	have, e := v.length(f, want)
	if e != 0 || have >= want {
		return size, e
	}
	if e = v.countFree(int64(want - have)); e != 0 {
		return 0, e
	}
	if more := int64(want - have); more > v.free {
		want = have + uint32(max(v.free, 0))
		size = int64(want) * v.cluster
	}
	if e := v.extend(&f.chain, want); e != 0 && e != linux.ENOSPC {
		return 0, e
	} else if e != 0 { // some are free and cannot be had: they are somebody's on the disk still
		have, _ = v.length(f, want)
		size = min(size, int64(have)*v.cluster)
	}
	f.slot.setFirst(f.chain.first)
	return size, 0
}

// length is how many clusters f has, as far as it matters: at most limit.
func (v *Volume) length(f *File, limit uint32) (uint32, linux.Errno) {
	if limit == 0 || f.chain.first == 0 {
		return 0, 0
	}
	c, _, n, e := v.find(&f.chain, limit-1)
	if c != 0 {
		n = limit
	}
	return n, e
}

// shrink gives up the clusters that a size does not need.
func (v *Volume) shrink(f *File, size int64) linux.Errno {
	e := v.cut(&f.chain, v.need(size))
	f.slot.setFirst(f.chain.first)
	return e
}

// writer returns what writes pieces of f, from off on, whose size was old.
func (v *Volume) writer(f *File, off, old int64) func(piece []byte, at, ahead int64) linux.Errno {
	return func(piece []byte, at, ahead int64) linux.Errno {
		e := v.writeData(piece, at, off >= old)
		off += int64(len(piece))
		return e
	}
}

// writeData writes what lies in a row on the disk. fresh says that what was behind it there is nobody's.
func (v *Volume) writeData(p []byte, at int64, fresh bool) linux.Errno {
	for len(p) > 0 {
		start, length := v.span(at)
		if at == start && len(p) >= directWrite {
			n := min(int64(len(p))/length*length, maxDirect)
			v.forget(at, at+n)
			if e := v.write(p[:n], at); e != 0 {
				return e
			}
			p, at = p[n:], at+n
			continue
		}
		whole := at == start && (fresh || int64(len(p)) >= length)
		b, e := v.block(at, whole)
		if e != 0 {
			return e
		}
		n := copy(b.data[at-start:], p)
		v.cache.mark(b, data)
		p, at = p[n:], at+int64(n)
	}
	return 0
}

// zero makes [from, to) of f zero, whose clusters are there.
func (v *Volume) zero(f *File, from, to int64) linux.Errno {
	zeros := make([]byte, min(to-from, maxWrite))
	for from < to {
		// To the end of a piece, so that the next ones are whole blocks.
		n := min(to-from, maxWrite-from%maxWrite)
		if _, e := v.each(f, zeros[:min(n, int64(len(zeros)))], from, v.writer(f, from, from)); e != 0 {
			return e
		}
		from += min(n, int64(len(zeros)))
	}
	return 0
}

// Truncate sets the size; what a larger one adds is zero. The errors are EFBIG and ENOSPC.
func (f *File) Truncate(size int64) linux.Errno {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	old := f.slot.size()
	switch {
	case f.isDir:
		return linux.EISDIR
	case size > MaxSize:
		return linux.EFBIG
	}
	if e := v.begin(); e != 0 {
		return e
	}
	if size > old {
		end, e := v.grow(f, size)
		if e == 0 && end < size {
			e = linux.ENOSPC
		}
		if e == 0 {
			e = v.zero(f, old, size)
		}
		if e != 0 {
			v.shrink(f, old)
			v.save(f)
			return e
		}
	}
	f.slot.setSize(size)
	if size < old {
		if e := v.shrink(f, size); e != 0 {
			return e
		}
	}
	v.touch(f)
	return v.save(f)
}

// SetTimes sets when f was used and changed last, as far as they are given.
func (f *File) SetTimes(used, changed *int64) linux.Errno {
	return f.change(func() {
		if used != nil {
			f.slot.setUsed(*used)
		}
		if changed != nil {
			f.slot.setChanged(*changed)
		}
	})
}

// SetReadOnly sets whether f is marked as one that is not to be written.
func (f *File) SetReadOnly(on bool) linux.Errno {
	return f.change(func() {
		f.slot[slotAttr] &^= attrReadOnly
		if on {
			f.slot[slotAttr] |= attrReadOnly
		}
	})
}

// change changes what f's entry says.
func (f *File) change(how func()) linux.Errno {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	if e := f.v.begin(); e != 0 {
		return e
	}
	how()
	return f.v.save(f)
}

// Sync makes f survive a cut of power, and all else that was changed.
func (f *File) Sync() linux.Errno { return f.v.Sync() }

// Close says that nobody uses f any more: one that was removed gives up its clusters.
func (f *File) Close() linux.Errno {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if !f.gone {
		return 0
	}
	if !f.shut {
		f.shut = true
		v.nameless--
	}
	if f.chain.first == 0 {
		return 0
	}
	if e := v.begin(); e != 0 {
		return e
	}
	first := f.chain.first
	f.chain.reset(0)
	f.slot.setFirst(0)
	f.slot.setSize(0)
	return v.release(first)
}
