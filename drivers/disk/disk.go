package disk

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"sync"
	"sync/atomic"
)

// ErrSilent says that the device has stopped answering.
var ErrSilent = errors.New("a request has had no answer for a minute: the disk is given up")

// patience is how long a request may be under way, and ticks is in how many steps that is looked at.
const (
	patience = 60 * clock.Second
	ticks    = 4
)

// A Config is what a driver says of a disk.
type Config struct {
	Name     string
	Geometry device.Geometry
	Transfer int   // the most bytes that one request reads or writes, a multiple of the sector
	MaxZero  int64 // the most that one request zeroes
	Rings    []Ring
	Patience int64 // how long a request may be under way, nanoseconds; 0: a minute

	// Stop ends the device because of err. It returns once the device cannot reach the rings and the data any more. Called once.
	Stop func(err error)
}

// A Disk is a disk in use. It implements device.Block.
type Disk struct {
	config   Config
	geometry atomic.Pointer[device.Geometry]
	queues   []*queue
	next     atomic.Uint32 // the queue whose turn it is
	stop     sync.Once
	watched  atomic.Bool // watch runs
}

// New returns a disk on rings that the device serves.
func New(c Config) *Disk {
	if c.Patience == 0 {
		c.Patience = patience
	}
	d := &Disk{config: c}
	d.SetGeometry(c.Geometry)
	for _, r := range c.Rings {
		q := newQueue(d, r)
		d.queues = append(d.queues, q)
		go q.serve()
	}
	return d
}

// Name implements device.Block.
func (d *Disk) Name() string { return d.config.Name }

// Geometry implements device.Block.
func (d *Disk) Geometry() device.Geometry { return *d.geometry.Load() }

// SetGeometry says that the disk has changed.
func (d *Disk) SetGeometry(g device.Geometry) { d.geometry.Store(&g) }

// ChangeGeometry has f change a part of what is known of the disk. It may be called again, when another change comes between.
func (d *Disk) ChangeGeometry(f func(*device.Geometry)) {
	for {
		old := d.geometry.Load()
		g := *old
		if f(&g); d.geometry.CompareAndSwap(old, &g) {
			return
		}
	}
}

// Fail ends the disk: all who wait get an error, and all who come. Only the first call does anything.
func (d *Disk) Fail(err error) {
	d.stop.Do(func() {
		d.config.Stop(err)
		for _, q := range d.queues {
			q.close()
		}
	})
}

// Pause makes requests wait for Resume: the device is not there for the time being.
func (d *Disk) Pause() {
	for _, q := range d.queues {
		q.pause()
	}
}

// Resume asks the device, which has forgotten all requests, for those that it has not answered.
func (d *Disk) Resume() {
	for _, q := range d.queues {
		q.resume()
	}
}

// watch ends the disk if a request has no answer for too long. It runs while any is under way.
func (d *Disk) watch() {
	for {
		clock.Sleep(d.config.Patience / ticks)
		busy := false
		for _, q := range d.queues {
			any, late := q.tick()
			busy = busy || any
			if late {
				d.Fail(ErrSilent)
				return
			}
		}
		if busy {
			continue
		}
		d.watched.Store(false)
		// One that has come since then saw that a watch was running.
		if !d.busy() || !d.watched.CompareAndSwap(false, true) {
			return
		}
	}
}

func (d *Disk) busy() bool {
	for _, q := range d.queues {
		if q.busy() {
			return true
		}
	}
	return false
}
