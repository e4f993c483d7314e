package volume

// bounceSize is up to what length a piece that does not begin and end with a sector is moved at once, by a copy.
const bounceSize = 64 << 10

// ReadAt reads what there is of p at off, nothing at the end.
func (v *Volume) ReadAt(p []byte, off int64) (int, error) {
	p = v.within(p, off)
	if len(p) == 0 {
		return 0, nil
	}
	err := v.count(reads, len(p), func() error { return v.disk.read(p, v.start+off) })
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteAt writes what there is room for of p at off, nothing at the end.
func (v *Volume) WriteAt(p []byte, off int64) (int, error) {
	p = v.within(p, off)
	if len(p) == 0 {
		return 0, nil
	}
	err := v.count(writes, len(p), func() error { return v.disk.write(p, v.start+off) })
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// within cuts p where the volume ends.
func (v *Volume) within(p []byte, off int64) []byte {
	left := v.Size() - off
	if off < 0 || left <= 0 {
		return nil
	}
	return p[:min(int64(len(p)), left)]
}

// A span is what bytes lie in: sectors from start to end.
type span struct {
	start, end int64
	skip       int // bytes of the first sector that are not meant
}

func (d *Disk) span(p []byte, off int64) (s span, whole bool) {
	mask := int64(d.Geometry().Sector) - 1
	s.start, s.end = off&^mask, (off+int64(len(p))+mask)&^mask
	s.skip = int(off - s.start)
	return s, s.skip == 0 && s.end == off+int64(len(p))
}

// edges cuts p, which lies in s, into what is of a first sector, of whole ones, and of a last.
func (d *Disk) edges(p []byte, s span) (head, middle, tail []byte) {
	sector := d.Geometry().Sector
	if s.skip > 0 {
		n := min(sector-s.skip, len(p))
		head, p = p[:n], p[n:]
	}
	n := len(p) &^ (sector - 1)
	return head, p[:n], p[n:]
}

// read reads bytes of the disk.
func (d *Disk) read(p []byte, off int64) error {
	s, whole := d.span(p, off)
	if whole {
		return d.Block.ReadAt(p, off)
	}
	if s.end-s.start <= bounceSize {
		b := make([]byte, s.end-s.start)
		err := d.Block.ReadAt(b, s.start)
		copy(p, b[s.skip:])
		return err
	}
	head, middle, tail := d.edges(p, s)
	for _, piece := range [...][]byte{head, middle, tail} {
		if len(piece) > 0 {
			if err := d.read(piece, off); err != nil {
				return err
			}
			off += int64(len(piece))
		}
	}
	return nil
}

// write writes bytes of the disk. Sectors of which it writes a part it reads before.
func (d *Disk) write(p []byte, off int64) error {
	s, whole := d.span(p, off)
	if whole {
		d.mixing.RLock()
		defer d.mixing.RUnlock()
		return d.Block.WriteAt(p, off)
	}
	d.mixing.Lock()
	defer d.mixing.Unlock()
	if s.end-s.start <= bounceSize {
		return d.mix(p, off)
	}
	head, middle, tail := d.edges(p, s)
	if len(head) > 0 {
		if err := d.mix(head, off); err != nil {
			return err
		}
		off += int64(len(head))
	}
	if err := d.Block.WriteAt(middle, off); err != nil || len(tail) == 0 {
		return err
	}
	return d.mix(tail, off+int64(len(middle)))
}

// mix writes p into the sectors in which it lies.
func (d *Disk) mix(p []byte, off int64) error {
	s, _ := d.span(p, off)
	b := make([]byte, s.end-s.start)
	if err := d.Block.ReadAt(b, s.start); err != nil {
		return err
	}
	copy(b[s.skip:], p)
	return d.Block.WriteAt(b, s.start)
}
