package storage

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/usb"
	"sync"
)

var (
	errEndpoints = errors.New("usb storage: no bulk endpoint in each direction")
	errReady     = errors.New("usb storage: the disk does not become ready")
	errCapacity  = errors.New("usb storage: the disk does not say how large it is, or says nonsense")
	errChanged   = errors.New("usb storage: the medium was changed; unplug the drive and plug it in again to use the new one")
)

// Interfaces that are for this driver: BOT 4.3.
const (
	class        = 0x08
	subclassSCSI = 0x06
	bulkOnly     = 0x50
)

const (
	maxLUN   = 15 // BOT 3.2
	attempts = 3  // at a command

	// settle is how long the boot waits for a disk: one that spins up comes later.
	settle = 2 * clock.Second
)

// Driver is the driver for such devices.
func Driver(d *usb.Device, c *usb.Configuration) func() error {
	for i := range c.Interfaces {
		if f := &c.Interfaces[i]; f.Class == class && f.SubClass == subclassSCSI && f.Protocol == bulkOnly {
			return func() error { return start(d, f) }
		}
	}
	return nil
}

// start makes disks of a device's units, and waits a little for them.
func start(d *usb.Device, f *usb.Interface) error {
	in, ok1 := f.Find(usb.Bulk, true)
	out, ok2 := f.Find(usb.Bulk, false)
	if !ok1 || !ok2 || maxData%in.MaxPacket != 0 {
		return errEndpoints
	}
	t := &transport{dev: d, number: uint16(f.Number), in: d.Open(in), out: d.Open(out)}
	t.in.Limit, t.out.Limit = patience, patience
	if t.memory = dma.AllocUncached(dataAt + maxData); t.memory == nil {
		return errMemory
	}
	go t.free()
	found := make(chan struct{})
	go func() {
		defer close(found)
		for lun := range t.units() {
			if err := find(unit{t, uint8(lun)}); err != nil && err != usb.ErrGone {
				device.Report("usb disk", err)
			}
		}
	}()
	timer, over := clock.NewTimer(settle)
	defer timer.Stop()
	select {
	case <-found:
	case <-over:
	}
	return nil
}

// free gives the memory back once the device is gone and its last command has ended.
func (t *transport) free() {
	<-t.dev.Gone()
	t.mu.Lock()
	t.memory.Free()
	t.memory = nil
	t.mu.Unlock()
}

// find makes a unit a disk, if it is one with a medium.
func find(u unit) error {
	b, err := u.ask(inquirySize, inquiry, 0, 0, 0, inquirySize, 0)
	if err != nil || !parseInquiry(b) {
		return err
	}
	if ready, err := u.awaitReady(); err != nil || !ready {
		return err
	}
	g, err := u.geometry()
	if err != nil {
		return err
	}
	g.Serial = u.dev.String(u.dev.Descriptor.Serial)
	d := &Disk{unit: u, geometry: g, number: names.take(), over: make(chan struct{})}
	device.AddBlock(d)
	go d.watch()
	return nil
}

// names gives numbers to disks, the lowest that is free.
var names numbers

type numbers struct {
	mu   sync.Mutex
	used []bool
}

func (n *numbers) take() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, used := range n.used {
		if !used {
			n.used[i] = true
			return i
		}
	}
	n.used = append(n.used, true)
	return len(n.used) - 1
}

func (n *numbers) give(i int) {
	n.mu.Lock()
	n.used[i] = false
	n.mu.Unlock()
}

// A Disk is a unit with a medium. It implements device.Block.
type Disk struct {
	unit     unit
	geometry device.Geometry
	number   int

	once sync.Once
	over chan struct{} // closed when the disk is given up
}

// watch waits for the disk's end.
func (d *Disk) watch() {
	select {
	case <-d.unit.dev.Gone():
		d.end()
	case <-d.over:
	}
	device.RemoveBlock(d)
	names.give(d.number)
}

func (d *Disk) end() { d.once.Do(func() { close(d.over) }) }

// fail gives the disk up.
func (d *Disk) fail(err error) error {
	d.once.Do(func() {
		close(d.over)
		if err != usb.ErrGone {
			device.Report(d.Name(), err)
		}
	})
	return device.ErrGone
}

// Name implements device.Block.
func (d *Disk) Name() string { return disk.Name("sd", d.number) }

// Geometry implements device.Block.
func (d *Disk) Geometry() device.Geometry { return d.geometry }

// ReadAt implements device.Block.
func (d *Disk) ReadAt(p []byte, off int64) error { return d.move(p, off, true) }

// WriteAt implements device.Block.
func (d *Disk) WriteAt(p []byte, off int64) error {
	if d.geometry.ReadOnly {
		return device.ErrReadOnly
	}
	return d.move(p, off, false)
}

// move moves p, in as few commands as there may be.
func (d *Disk) move(p []byte, off int64, toHost bool) error {
	sector, size := int64(d.geometry.Sector), d.geometry.Size
	if off < 0 || off%sector != 0 || int64(len(p))%sector != 0 || off > size || int64(len(p)) > size-off {
		return device.ErrRange
	}
	for len(p) > 0 {
		n := min(len(p), maxData)
		block := moveBlock(uint64(off/sector), n/int(sector), toHost)
		if err := d.run(block, p[:n], toHost); err != nil {
			return err
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// Flush implements device.Block: SBC-3, 5.22. A disk that does not know the command has no cache.
func (d *Disk) Flush() error {
	err := d.run([]byte{synchronizeCache, 9: 0}, nil, false)
	if err == device.ErrUnsupported {
		err = nil
	}
	return err
}

// Discard implements device.Block.
func (d *Disk) Discard(off, n int64) error { return device.ErrUnsupported }

// Zero implements device.Block.
func (d *Disk) Zero(off, n int64, free bool) error { return device.ErrUnsupported }

// run runs a command, again if that may help.
func (d *Disk) run(block, p []byte, toHost bool) error {
	var answer error
	for range attempts {
		select {
		case <-d.over:
			return device.ErrGone
		default:
		}
		_, s, err := d.unit.run(block, p, toHost, false)
		switch {
		case err == nil, err == errFailed && s.key == recovered && !toHost:
			return nil
		case err == usb.ErrGone:
			return d.fail(err)
		case err != errFailed:
			answer = err // the transport was reset
			continue
		}
		if answer = meaning(s); answer == errChanged {
			return d.fail(answer)
		}
		if answer != errAgain && answer != device.ErrIO {
			return answer
		}
	}
	switch answer {
	case device.ErrIO:
		return answer
	case errAgain:
		return device.ErrIO
	}
	return d.fail(answer)
}

// errAgain says that the unit had something else to say.
var errAgain = errors.New("usb storage: the disk is not ready")

// meaning is what a sense is for whoever asked.
func meaning(s sense) error {
	switch {
	case s.code == codeChanged || s.code == codeNoMedium:
		return errChanged
	case s.key == illegalRequest:
		return device.ErrUnsupported
	case s.key == dataProtect:
		return device.ErrReadOnly
	case s.key == unitAttention, s.key == notReady, s.key == noSense, s.key == recovered:
		return errAgain
	}
	return device.ErrIO
}
