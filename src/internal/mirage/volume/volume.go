package volume

import (
	"internal/mirage/device"
	"sync"
)

// A Disk is a disk whose bytes can be written in any piece.
type Disk struct {
	device.Block
	now func() int64

	// Held for writing while a sector is read, changed and written, so that no other write to it comes in between.
	mixing sync.RWMutex

	// Whole is all of it.
	Whole Volume
}

// New returns a disk on b. now is a clock in nanoseconds, to count by.
func New(b device.Block, now func() int64) *Disk {
	d := &Disk{Block: b, now: now}
	d.Whole.disk = d
	return d
}

// A Partition is a piece of a disk that a table names. Lengths are bytes.
type Partition struct {
	Number      int
	Start, Size int64
	Label       string // empty in an MBR
	ID          string // its UUID
}

// Volume returns the partition as something to read and write.
func (d *Disk) Volume(p Partition) *Volume { return &Volume{disk: d, start: p.Start, size: p.Size} }

// A Volume is a disk or a partition.
type Volume struct {
	disk        *Disk
	start, size int64 // size is 0 for the whole of a disk, whose size may change
	Counts      Counts
}

// Size is its size in bytes.
func (v *Volume) Size() int64 {
	if v.size > 0 {
		return v.size
	}
	return v.disk.Geometry().Size
}

// Geometry is that of the disk.
func (v *Volume) Geometry() device.Geometry { return v.disk.Geometry() }

// Flush makes what was written survive a crash.
func (v *Volume) Flush() error { return v.disk.Flush() }

// Discard says that nobody needs n bytes at off any more: whole sectors.
func (v *Volume) Discard(off, n int64) error {
	if !v.has(off, n) {
		return device.ErrRange
	}
	return v.disk.Discard(v.start+off, n)
}

// Zero makes n bytes at off zero: whole sectors. Where the disk cannot, zeros are written if write is set.
func (v *Volume) Zero(off, n int64, free, write bool) error {
	if !v.has(off, n) {
		return device.ErrRange
	}
	err := v.disk.Zero(v.start+off, n, free)
	if err != device.ErrUnsupported || !write {
		return err
	}
	zeros := make([]byte, min(n, 1<<20))
	for n > 0 {
		k := min(n, int64(len(zeros)))
		if err := v.disk.WriteAt(zeros[:k], v.start+off); err != nil {
			return err
		}
		off, n = off+k, n-k
	}
	return nil
}

// has reports whether the n bytes at off are the volume's.
func (v *Volume) has(off, n int64) bool {
	return off >= 0 && n >= 0 && off <= v.Size() && n <= v.Size()-off
}
