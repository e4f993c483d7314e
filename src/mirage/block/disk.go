package block

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// The errors that programs ask for, with errors.Is.
var (
	ErrReadOnly    = errors.New("the disk is read-only")
	ErrUnsupported = errors.New("the disk cannot do that")
	ErrRange       = errors.New("outside of the disk")
)

// A Disk is an open disk or partition.
type Disk struct {
	file     *os.File
	name     string
	geometry geometry
	readOnly bool
}

// A geometry is what is known of a disk.
type geometry struct {
	sector, physical int
	readOnly         bool
	regular          bool // a file
}

// Open opens a disk for reading and writing.
func Open(name string) (*Disk, error) {
	d, err := open(name, os.O_RDWR)
	if err == nil && d.geometry.readOnly {
		d.Close()
		err = d.fails("open", fmt.Errorf("%w: use OpenReadOnly, or attach it writable", ErrReadOnly))
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// OpenReadOnly opens a disk for reading.
func OpenReadOnly(name string) (*Disk, error) { return open(name, os.O_RDONLY) }

func open(name string, mode int) (*Disk, error) {
	f, err := openFile(name, mode)
	if err != nil {
		return nil, err
	}
	d := &Disk{file: f, name: name, readOnly: mode == os.O_RDONLY}
	if err := d.measure(); err != nil {
		f.Close()
		return nil, d.fails("open", err)
	}
	return d, nil
}

// openFile opens what a name means.
func openFile(name string, mode int) (*os.File, error) {
	if strings.Contains(name, "/") {
		return os.OpenFile(name, mode, 0)
	}
	f, err := os.OpenFile("/dev/"+name, mode, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if f, err := os.OpenFile(name, mode, 0); err == nil {
		return f, nil
	}
	return nil, fmt.Errorf("block: no disk %s: %s", name, known())
}

// known says which disks there are.
func known() string {
	all, _ := List()
	if len(all) == 0 {
		return "the machine has none (mirage run -disk FILE attaches one)"
	}
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.Name
	}
	return "there are " + strings.Join(names, ", ")
}

// measure finds out the geometry.
func (d *Disk) measure() error {
	info, err := d.file.Stat()
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		d.geometry = geometry{sector: 512, physical: 4096, regular: true}
		return nil
	case mode&fs.ModeDevice != 0 && mode&fs.ModeCharDevice == 0:
		d.geometry, err = deviceGeometry(d.file)
		return err
	}
	return errors.New("it is neither a disk nor a file")
}

func (d *Disk) fails(what string, err error) error {
	return fmt.Errorf("block: %s %s: %w", what, d.name, err)
}

// Name is what the disk was opened by.
func (d *Disk) Name() string { return d.name }

// SectorSize is the unit of the disk's reads and writes: others it makes by reading and writing more.
func (d *Disk) SectorSize() int { return d.geometry.sector }

// PhysicalSize is what the disk really writes at a time.
func (d *Disk) PhysicalSize() int { return d.geometry.physical }

// ReadOnly reports whether writing is an error.
func (d *Disk) ReadOnly() bool { return d.readOnly }

// Size is the disk's size in bytes now.
func (d *Disk) Size() int64 {
	if d.geometry.regular {
		info, err := d.file.Stat()
		if err != nil {
			return 0
		}
		return info.Size()
	}
	n, err := deviceSize(d.file)
	if err != nil {
		return 0
	}
	return n
}

// Close closes the disk. It does not flush.
func (d *Disk) Close() error { return d.file.Close() }

// ReadAt implements io.ReaderAt.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.file.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = d.fails("read", err)
	}
	return n, err
}

// WriteAt implements io.WriterAt. A disk does not grow: what lies behind its end is an error, and nothing is written.
func (d *Disk) WriteAt(p []byte, off int64) (int, error) {
	if err := d.writable("write", off, int64(len(p))); err != nil {
		return 0, err
	}
	n, err := d.file.WriteAt(p, off)
	if err != nil {
		err = d.fails("write", err)
	}
	return n, err
}

// Flush makes all that was written, by whomever, survive a crash.
func (d *Disk) Flush() error {
	if err := d.file.Sync(); err != nil {
		return d.fails("flush", err)
	}
	return nil
}

// Discard says that nobody needs the n bytes at off any more: what is read there afterwards is anything. Both are multiples of
// SectorSize.
func (d *Disk) Discard(off, n int64) error {
	if err := d.clearable("discard", off, n); err != nil || n == 0 {
		return err
	}
	if err := d.discard(off, n); err != nil {
		return d.fails("discard", err)
	}
	return nil
}

// Zero makes the n bytes at off zero, by the disk itself where it can. Both are multiples of SectorSize.
func (d *Disk) Zero(off, n int64) error {
	if err := d.clearable("zero", off, n); err != nil || n == 0 {
		return err
	}
	if err := d.zero(off, n); err != nil {
		return d.fails("zero", err)
	}
	return nil
}

// writable checks where something is to be written.
func (d *Disk) writable(what string, off, n int64) error {
	size := d.Size()
	switch {
	case d.readOnly:
		return d.fails(what, fmt.Errorf("%w: it was opened for reading", ErrReadOnly))
	case off < 0 || n < 0 || off > size || n > size-off:
		return d.fails(what, fmt.Errorf("%d bytes at %d are %w, which has %d", n, off, ErrRange, size))
	}
	return nil
}

func (d *Disk) clearable(what string, off, n int64) error {
	if err := d.writable(what, off, n); err != nil {
		return err
	}
	if s := int64(d.geometry.sector); off%s != 0 || n%s != 0 {
		return d.fails(what, fmt.Errorf("%d bytes at %d are not whole sectors of %d bytes", n, off, s))
	}
	return nil
}

// writeZeros is Zero for who has no better way.
func (d *Disk) writeZeros(off, n int64) error {
	zeros := make([]byte, min(n, 1<<20))
	for n > 0 {
		k, err := d.file.WriteAt(zeros[:min(n, int64(len(zeros)))], off)
		if err != nil {
			return err
		}
		off, n = off+int64(k), n-int64(k)
	}
	return nil
}
