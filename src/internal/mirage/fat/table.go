package fat

import (
	"internal/byteorder"
	"internal/mirage/linuxabi/linux"
)

// The table: an entry a cluster, which says what comes after it in a file ("FAT Data Structure").
const (
	free = 0
	// What follows is as FAT32 has it; those of FAT12 and FAT16 are widened to it.
	bad  = 0x0ffffff7
	last = 0x0fffffff

	shut32 = 1 << 27 // of entry 1: the volume was ended properly
	shut16 = 1 << 15
)

// isLast reports whether an entry ends a chain.
func isLast(c uint32) bool { return c > bad }

// entryAt is where a cluster's entry begins; FAT12's begin at halves of bytes.
func (l *layout) entryAt(c uint32) int64 { return l.tableAt + int64(c)*int64(l.bits)/8 }

// next returns the table's entry for a cluster, or for 0 or 1.
func (v *Volume) next(c uint32) (uint32, linux.Errno) {
	at := v.entryAt(c)
	b, e := v.block(at, false)
	if e != 0 {
		return 0, e
	}
	p := b.data[at-b.at:]
	switch v.bits {
	case 32:
		return byteorder.LEUint32(p) & last, 0
	case 16:
		return widen(uint32(byteorder.LEUint16(p)), 16), 0
	}
	low := p[0]
	if b, e = v.block(at+1, false); e != 0 { // may be the next one
		return 0, e
	}
	n := uint32(low) | uint32(b.data[at+1-b.at])<<8
	if c&1 != 0 {
		return widen(n>>4, 12), 0
	}
	return widen(n&0xfff, 12), 0
}

// widen makes an entry of so many bits one of FAT32.
func widen(n uint32, bits int) uint32 {
	if top := uint32(1)<<bits - 1; n >= top&^8 {
		return n | last&^top
	}
	return n
}

// setNext sets the table's entry for a cluster. FAT32's upper four bits stay as they are.
func (v *Volume) setNext(c, n uint32) linux.Errno {
	at := v.entryAt(c)
	b, e := v.block(at, false)
	if e != 0 {
		return e
	}
	v.cache.mark(b, table)
	p := b.data[at-b.at:]
	switch v.bits {
	case 32:
		byteorder.LEPutUint32(p, byteorder.LEUint32(p)&^last|n)
		return 0
	case 16:
		byteorder.LEPutUint16(p, uint16(n))
		return 0
	}
	odd := c&1 != 0
	if odd {
		p[0] = p[0]&0x0f | byte(n<<4)
	} else {
		p[0] = byte(n)
	}
	if b, e = v.block(at+1, false); e != 0 {
		return e
	}
	v.cache.mark(b, table)
	if p = b.data[at+1-b.at:]; odd {
		p[0] = byte(n >> 4)
	} else {
		p[0] = p[0]&0xf0 | byte(n>>8)&0x0f
	}
	return 0
}

// successor returns the cluster after c in a file, 0 at the end. The error is EIO: the chain is damaged.
func (v *Volume) successor(c uint32) (uint32, linux.Errno) {
	n, e := v.next(c)
	switch {
	case e != 0:
		return 0, e
	case isLast(n):
		return 0, 0
	case !v.valid(n):
		return 0, v.damaged()
	}
	return n, 0
}

// damaged notes that the volume contradicts itself: it is not written to any more, as Linux does (errors=remount-ro).
func (v *Volume) damaged() linux.Errno {
	v.suspect, v.readOnly = true, true
	v.released, v.releasedCount = nil, 0 // they may be somebody's
	return linux.EIO
}

// A run is clusters in a row.
type run struct{ first, count uint32 }

// allocate takes a free cluster, the one after another if that is free, and ends a chain with it. The error is ENOSPC.
func (v *Volume) allocate(after uint32) (uint32, linux.Errno) {
	for {
		c, e := v.findFree(after)
		if e == 0 {
			if e = v.setNext(c, last); e == 0 {
				v.hint = c + 1
				v.free--
			}
			return c, e
		}
		if e != linux.ENOSPC || len(v.released) == 0 {
			return 0, e
		}
		if e = v.sync(); e != 0 { // what was given up is free then
			return 0, e
		}
	}
}

func (v *Volume) findFree(after uint32) (uint32, linux.Errno) {
	if e := v.countFree(1); e != 0 {
		return 0, e
	}
	if v.free <= v.releasedCount {
		return 0, linux.ENOSPC
	}
	c := v.hint
	if after != 0 {
		c = after + 1
	}
	for range v.clusters + 1 { // one more for the first try
		if !v.valid(c) {
			c = 2
		}
		n, e := v.next(c)
		if e != 0 {
			return 0, e
		}
		if n == free {
			return c, 0
		}
		if after != 0 { // not in a row: where there was something free last
			c, after = max(v.hint, 2)-1, 0
		}
		c++
	}
	v.free, v.counted = v.releasedCount, true // who counted was wrong
	return 0, linux.ENOSPC
}

// countFree counts the free clusters, unless the volume says that there are enough of them: what others have written is a hint.
func (v *Volume) countFree(enough int64) linux.Errno {
	if v.free >= 0 && (v.counted || v.free-v.releasedCount >= enough) {
		return 0
	}
	count := int64(0)
	for c := uint32(2); c < v.end(); c++ {
		n, e := v.next(c)
		if e != 0 {
			return e
		}
		if n == free {
			count++
		}
	}
	v.free, v.counted = count+v.releasedCount, true
	return 0
}

// release gives up the chain from c on. The clusters are free when directories on the disk do not refer to them any more.
func (v *Volume) release(c uint32) linux.Errno {
	for n := uint32(0); c != 0; n++ {
		if n == v.clusters || !v.valid(c) {
			return v.damaged() // it never ends, or a directory has it begin where nothing is
		}
		if k := len(v.released); k > 0 && v.released[k-1].first+v.released[k-1].count == c {
			v.released[k-1].count++
		} else {
			v.released = append(v.released, run{c, 1})
		}
		v.releasedCount++
		if v.free >= 0 {
			v.free++
		}
		var e linux.Errno
		if c, e = v.successor(c); e != 0 {
			return e
		}
	}
	return 0
}

// freeReleased has the table say that what was given up is free.
func (v *Volume) freeReleased() linux.Errno {
	list := v.released
	v.released, v.releasedCount = nil, 0
	for _, r := range list {
		for c := r.first; c < r.first+r.count; c++ {
			if e := v.setNext(c, free); e != 0 {
				return e
			}
		}
		v.hint = min(v.hint, r.first)
	}
	return 0
}

// markShut notes in entry 1 that the volume was ended properly, if it says otherwise.
func (v *Volume) markShut() linux.Errno {
	n, shut, e := v.shut()
	if e != 0 || shut || v.bits == 12 {
		return e
	}
	if e = v.setNext(1, n|v.shutBit()); e != 0 {
		return e
	}
	return v.sync()
}

func (v *Volume) shutBit() uint32 {
	if v.bits == 32 {
		return shut32
	}
	return shut16
}

// shut reads entry 1, and whether it says that the volume was ended properly.
func (v *Volume) shut() (entry uint32, shut bool, e linux.Errno) {
	entry, e = v.next(1)
	return entry, v.bits == 12 || entry&v.shutBit() != 0, e
}

// The number of free clusters that FAT32 keeps: "FAT32 FSInfo Sector Structure and Backup Boot Sector".
const (
	infoLead   = 0
	infoStruct = 484
	infoFree   = 488
	infoNext   = 492
	infoTrail  = 508

	infoLeadMark   = 0x41615252
	infoStructMark = 0x61417272
	infoTrailMark  = 0xaa550000
)

// readInfo reads how many clusters are free, and where to look for one. It is a hint.
func (v *Volume) readInfo() {
	v.free, v.hint = -1, 2
	b, ok := v.info()
	if !ok {
		return
	}
	if n := byteorder.LEUint32(b[infoFree:]); n <= v.clusters {
		v.free = int64(n)
	}
	if n := byteorder.LEUint32(b[infoNext:]); v.valid(n) {
		v.hint = n
	}
}

// info reads the sector, and reports whether it is one.
func (v *Volume) info() (b []byte, ok bool) {
	if v.infoAt == 0 {
		return nil, false
	}
	b = make([]byte, v.sector)
	ok = v.read(b, v.infoAt) == 0 && byteorder.LEUint32(b[infoLead:]) == infoLeadMark &&
		byteorder.LEUint32(b[infoStruct:]) == infoStructMark && byteorder.LEUint32(b[infoTrail:]) == infoTrailMark
	return b, ok
}

func (v *Volume) writeInfo() linux.Errno {
	b, ok := v.info()
	if !ok || v.free < 0 {
		return 0
	}
	byteorder.LEPutUint32(b[infoFree:], uint32(v.free))
	if v.valid(v.hint) {
		byteorder.LEPutUint32(b[infoNext:], v.hint)
	}
	if e := v.write(b, v.infoAt); e != 0 {
		return e
	}
	return v.flush()
}
