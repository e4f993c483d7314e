package balloon

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/balloon"
	"internal/mirage/drivers/xen/store"
	"internal/strconv"
)

var (
	errTaken  = errors.New("xen balloon: Xen does not take memory that is given back")
	errMemory = errors.New("xen balloon: no memory")
	errTarget = errors.New("xen balloon: the target is no number")
)

// Paths in the xenstore, in KiB.
const (
	targetPath = "memory/target"
	mostPath   = "memory/static-max"

	pagesInKiB = balloon.PageSize / 1024
)

// A Reservation is what memory Xen has for the machine. The list has numbers of pages, of 64 bits.
type Reservation interface {
	// Release gives n pages back, and returns how many Xen has taken.
	Release(list *dma.Memory, n int) int
	// Populate has Xen put memory where n pages are to be, and returns how many there are.
	Populate(list *dma.Memory, n int) int
}

// A Device is the machine's balloon. It is a balloon.Host.
type Device struct {
	reservation Reservation
	store       *store.Client
	list        *dma.Memory // for a block
	most        int         // pages, with an empty balloon
	wanted      int         // pages in it, as the target said last
}

// Open makes the balloon ready, which then goes on by itself. The machine has total bytes. A toolstack that names no target wants
// none.
func Open(r Reservation, s *store.Client, memory balloon.Memory, total uint64) error {
	d := &Device{reservation: r, store: s, list: dma.Alloc(8 * balloon.BlockPages)}
	if d.list == nil {
		return errMemory
	}
	target, err := d.read(targetPath)
	if err == store.ErrNotFound {
		d.list.Free()
		return nil
	}
	if err != nil {
		return err
	}
	d.most = target
	// Where memory is populated on demand the machine has been told of all that it may have. What it has lacks what Xen and
	// the image's loader keep for themselves.
	if most, err := d.read(mostPath); err == nil && int(total/balloon.PageSize) > (target+most)/2 {
		d.most = most
	}
	w, err := s.Watch(targetPath)
	if err != nil {
		return err
	}
	// The memory is not there any more: the program cannot have it before Xen has put it back.
	memory.SetReclaimable(false)
	t := balloon.New(memory, d)
	go d.watch(w, t)
	go func() {
		if err := t.Run(); err != nil {
			device.Report("xen balloon", err)
			t.Changed.Close()
		}
	}()
	return nil
}

// watch follows the store until it fails, which says so itself.
func (d *Device) watch(w *store.Watch, t *balloon.Target) {
	for {
		select {
		case <-w.C:
			t.Changed.Raise()
		case <-d.store.Failed():
			t.Changed.Close()
			return
		}
	}
}

// read reads a number of pages.
func (d *Device) read(path string) (int, error) {
	v, err := d.store.Read(store.None, path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v, 10, 52)
	if err != nil {
		return 0, errTarget
	}
	return int(n / pagesInKiB), nil
}

// Wanted implements balloon.Host. A target that cannot be read, or makes no sense, changes nothing.
func (d *Device) Wanted() int {
	if target, err := d.read(targetPath); err == nil {
		d.wanted = max(0, d.most-target)
	}
	return d.wanted
}

// name writes the pages into the list.
func (d *Device) name(addr uint64, pages int) {
	for i := range pages {
		d.list.Store64(8*i, addr/balloon.PageSize+uint64(i))
	}
}

// Take implements balloon.Host.
func (d *Device) Take(addr uint64, pages int) error {
	d.name(addr, pages)
	if d.reservation.Release(d.list, pages) != pages {
		return errTaken
	}
	return nil
}

// Give implements balloon.Host. Xen may have memory for some of the pages alone: that is given back, for it is all or nothing.
func (d *Device) Give(addr uint64, pages int) error {
	d.name(addr, pages)
	n := d.reservation.Populate(d.list, pages)
	if n == pages {
		return nil
	}
	if n > 0 && d.reservation.Release(d.list, n) != n {
		return errTaken
	}
	return balloon.ErrLater
}

// Has implements balloon.Host. Xen knows.
func (d *Device) Has(int) {}
