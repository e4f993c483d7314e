package blk

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/virtio"
	"internal/mirage/mmio"
	"runtime"
)

var (
	errSector   = errors.New("virtio-blk: the disk's sector is not a power of 2 from 512 to 65536 bytes")
	errCapacity = errors.New("virtio-blk: the disk says that it is larger than a disk can be")
	errSegment  = errors.New("virtio-blk: the disk takes no segment as long as a sector")
	errMemory   = errors.New("virtio-blk: no memory for requests")
)

const (
	maxSector   = 64 << 10
	maxTransfer = 64 << 10 // bytes of one read or write: the memory that a request may take
	maxSlots    = 64       // requests under way in a queue
	maxQueues   = 8
	maxSize     = 256 // descriptors
	serialSize  = 20  // section 5.2.6: of a disk's name
)

// A Device is a disk. It implements device.Block.
type Device struct {
	*disk.Disk
	dev *virtio.Device
}

// limits is what the configuration says of requests.
type limits struct {
	capacity  uint64
	sector    int
	segment   int // bytes of a segment
	segments  int // of data, in a request
	transfer  int // bytes of a read or write
	queues    int
	zeroMax   int64
	geometry  device.Geometry
	malformed error
}

// Open makes a disk of that name ready.
func Open(t virtio.Transport, name string) (*Device, error) {
	// 1. Agree on features.
	dev, err := virtio.Open(t, features)
	if err != nil {
		return nil, err
	}
	d := &Device{dev: dev}
	// 2. Read the configuration, 3. and make the queues.
	l := d.limits()
	rings, err := d.rings(l)
	if err != nil {
		return nil, dev.GiveUp(err)
	}
	// 4. Start.
	dev.Start()
	d.Disk = disk.New(disk.Config{
		Name: name, Geometry: l.geometry, Transfer: l.transfer, MaxZero: l.zeroMax, Rings: rings, Stop: dev.Fail,
	})
	go d.watch()
	go d.identify()
	return d, nil
}

// limits reads the configuration. Fields whose features were not agreed on are not there.
func (d *Device) limits() (l limits) {
	d.dev.ReadConfig(func(c mmio.Space) {
		l = limits{sector: unit, segment: maxTransfer, segments: 1, queues: 1}
		l.capacity = uint64(configCapacity.Load(c)) | uint64((configCapacity+4).Load(c))<<32
		if d.dev.Has(featureSector) {
			l.sector = int(configSector.Load(c))
		}
		if d.dev.Has(featureSizeMax) {
			l.segment = int(min(configSizeMax.Load(c), maxTransfer))
		}
		if d.dev.Has(featureSegMax) {
			l.segments = int(max(configSegMax.Load(c), 1))
		}
		if d.dev.Has(featureQueues) {
			l.queues = int(max(configQueues.Load(c), 1))
		}
		l.geometry = device.Geometry{ReadOnly: d.dev.Has(featureReadOnly), Volatile: d.dev.Has(featureFlush)}
		d.discard(c, &l)
		d.topology(c, &l)
	})
	l.check()
	return l
}

// discard reads what is said of discarding and zeroing. Without a segment or a sector they are of no use.
func (d *Device) discard(c mmio.Space, l *limits) {
	g := &l.geometry
	if d.dev.Has(featureDiscard) && configDiscardSegs.Load(c) > 0 {
		g.MaxDiscard = int64(configDiscardMax.Load(c)) * unit
		g.DiscardUnit = int(min(configDiscardUnit.Load(c), 1<<20)) * unit
	}
	if d.dev.Has(featureZero) && configZeroSegs.Load(c) > 0 {
		l.zeroMax = int64(configZeroMax.Load(c)) * unit
	}
}

// topology reads what suits the disk.
func (d *Device) topology(c mmio.Space, l *limits) {
	g := &l.geometry
	g.Physical = l.sector
	if !d.dev.Has(featureTopology) {
		return
	}
	if exponent := configPhysical.Load(c); exponent < 16 {
		g.Physical = l.sector << exponent
	}
	if n := configOptimal.Load(c); n < 1<<16 {
		g.Optimal = int(n) * l.sector
	}
}

// check makes what was read safe to use.
func (l *limits) check() {
	switch {
	case l.sector < unit || l.sector > maxSector || l.sector&(l.sector-1) != 0:
		l.malformed = errSector
		return
	case l.capacity >= 1<<63/unit:
		l.malformed = errCapacity
		return
	}
	whole := func(n int64) int64 { return n &^ int64(l.sector-1) }
	// Section 5.2.6.1: no request has more segments, nor a segment more bytes, than the device said. There are no more than
	// the longest request needs.
	l.segments = min(l.segments, (maxTransfer+l.segment-1)/max(l.segment, 1))
	if l.transfer = int(whole(int64(min(maxTransfer, l.segment*l.segments)))); l.transfer == 0 {
		l.malformed = errSegment
		return
	}
	g := &l.geometry
	g.Sector, g.Size = l.sector, whole(int64(l.capacity)*unit)
	g.MaxDiscard = whole(g.MaxDiscard)
	if g.MaxDiscard > 0 {
		g.DiscardUnit = max(g.DiscardUnit, l.sector)
	} else {
		g.DiscardUnit = 0
	}
	l.zeroMax = whole(l.zeroMax)
	g.CanZero = l.zeroMax > 0
}

// rings makes the queues.
func (d *Device) rings(l limits) (all []disk.Ring, err error) {
	if l.malformed != nil {
		return nil, l.malformed
	}
	n := min(l.queues, runtime.NumCPU(), maxQueues)
	if err := d.dev.Connect(n); err != nil {
		return nil, err
	}
	for i := range n {
		r, err := d.newRing(i, l)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// watch follows changes of the configuration: the disk's size.
func (d *Device) watch() {
	for d.dev.ConfigLine().Wait() {
		if err := d.dev.Check(); err != nil {
			d.Fail(err)
			return
		}
		if l := d.limits(); l.malformed == nil {
			d.ChangeGeometry(func(g *device.Geometry) { g.Size = l.geometry.Size &^ int64(g.Sector-1) })
		}
	}
}

// identify asks for the disk's name, which not every device has.
func (d *Device) identify() {
	name := make([]byte, serialSize)
	if d.Identify(name) != nil {
		return
	}
	n := 0
	for n < len(name) && name[n] > ' ' && name[n] < 0x7f {
		n++
	}
	d.ChangeGeometry(func(g *device.Geometry) { g.Serial = string(name[:n]) })
}
