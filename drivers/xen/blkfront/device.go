package blkfront

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/grant"
	"internal/strconv"
	"runtime"
	"sync/atomic"
)

var (
	errNumber = errors.New("blkfront: the device's number is none of a disk's")
	errRing   = errors.New("blkfront: the back end that came back takes less than the one before")
	errSector = errors.New("blkfront: the disk's sector is not a power of 2 from 512 to 4096 bytes")
	errSize   = errors.New("blkfront: the disk says that it is larger than a disk can be")
	errGone   = errors.New("blkfront: the disk was taken away")
)

const (
	maxQueues = 4
	maxPages  = 2 // of a ring

	// patience is how long the back end may take for each step of the connection, and may be away, nanoseconds.
	patience = 60 * clock.Second

	// maxDiscard is what one request discards at most: there is no limit.
	maxDiscard = 1 << 30
)

// A Device is a disk. It implements device.Block.
type Device struct {
	*disk.Disk
	front      *bus.Device
	hypervisor xen.Hypervisor
	grants     *grant.Table
	name       string
	handle     uint32        // the device's number, as requests have it
	flush      atomic.Uint32 // the operation that flushes the back end's cache, as it said last
	pages      int           // of each ring
	segments   int           // of a request
	rings      []*ring
}

// Open connects a disk. Follow is to be called when it is known to package device.
func Open(h xen.Hypervisor, grants *grant.Table, front *bus.Device) (*Device, error) {
	d := &Device{front: front, hypervisor: h, grants: grants}
	g, err := d.first()
	if err == nil {
		err = front.Follow()
	}
	if err != nil {
		d.end()
		return nil, err
	}
	rings := make([]disk.Ring, len(d.rings))
	for i, r := range d.rings {
		rings[i] = r
	}
	d.Disk = disk.New(disk.Config{
		Name: d.name, Geometry: g, Transfer: d.segments * dma.PageSize, Rings: rings, Stop: d.stop,
	})
	return d, nil
}

// first connects for the first time: it is settled how many rings there are, and how long requests.
func (d *Device) first() (g device.Geometry, err error) {
	number, err := strconv.ParseUint(d.front.Name(), 10, 32)
	if err != nil {
		return g, errNumber
	}
	d.handle = uint32(number) & 0xffff
	if d.name = diskName(uint32(number)); d.name == "" {
		return g, errNumber
	}
	// 1. The back end says how it may be talked to.
	if err := d.front.Await(bus.InitWait, patience); err != nil {
		return g, err
	}
	d.pages = 1
	if order, err := d.front.Number("max-ring-page-order"); err == nil && order > 0 {
		d.pages = maxPages
	}
	queues := 1
	if n, err := d.front.Number("multi-queue-max-queues"); err == nil {
		queues = max(1, min(int(min(n, maxQueues)), runtime.NumCPU()))
	}
	for range queues {
		d.rings = append(d.rings, d.newRing(ringSlots(d.pages)))
	}
	// 2. It is told of our rings, and connects.
	if err := d.connect(); err != nil {
		return g, err
	}
	// 3. It says what the disk is.
	d.segments = directSegments
	if n, err := d.front.Number("feature-max-indirect-segments"); err == nil && n > directSegments {
		d.segments = int(min(n, indirectMaximum))
	}
	if g, err = d.geometry(); err != nil {
		return g, err
	}
	return g, d.front.SetState(bus.Connected)
}

// connect makes the rings and has the back end connect to them.
func (d *Device) connect() error {
	for _, r := range d.rings {
		if err := r.open(d.pages); err != nil {
			return err
		}
	}
	if err := d.front.Configure(d.settings()); err != nil {
		return err
	}
	if err := d.front.SetState(bus.Initialised); err != nil {
		return err
	}
	return d.front.Await(bus.Connected, patience)
}

func number(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// settings are what the back end has to know.
func (d *Device) settings() []bus.Setting {
	all := []bus.Setting{{"protocol", protocol}, {"feature-persistent", "1"}}
	if d.pages > 1 {
		all = append(all, bus.Setting{"ring-page-order", "1"})
	}
	if len(d.rings) > 1 {
		all = append(all, bus.Setting{"multi-queue-num-queues", number(uint32(len(d.rings)))})
	}
	for i, r := range d.rings {
		folder := ""
		if len(d.rings) > 1 {
			folder = "queue-" + strconv.Itoa(i) + "/"
		}
		all = append(all, bus.Setting{folder + "event-channel", number(r.port)})
		if d.pages == 1 {
			all = append(all, bus.Setting{folder + "ring-ref", number(r.page.Ref(0))})
			continue
		}
		for k := range d.pages {
			all = append(all, bus.Setting{folder + "ring-ref" + strconv.Itoa(k), number(r.page.Ref(k * dma.PageSize))})
		}
	}
	return all
}

// geometry reads what the back end says of the disk. What it does not say is as if it said 0.
func (d *Device) geometry() (g device.Geometry, err error) {
	sectors, err := d.front.Number("sectors")
	if err != nil {
		return g, err
	}
	sector, err := d.front.Number("sector-size")
	if err != nil {
		return g, err
	}
	switch {
	case sector < unit || sector > dma.PageSize || sector&(sector-1) != 0:
		return g, errSector
	case sectors >= 1<<63/unit:
		return g, errSize
	}
	info, _ := d.front.Number("info")
	physical, _ := d.front.Number("physical-sector-size")
	if physical < sector || physical > 1<<20 || physical&(physical-1) != 0 {
		physical = sector
	}
	g = device.Geometry{
		Size: int64(sectors*unit) &^ int64(sector-1), Sector: int(sector), Physical: int(physical), ReadOnly: info&infoReadOnly != 0,
	}
	switch {
	case d.front.Offers("feature-flush-cache"):
		g.Volatile = true
		d.flush.Store(opFlush)
	case d.front.Offers("feature-barrier"):
		g.Volatile = true
		d.flush.Store(opBarrier)
	}
	if d.front.Offers("feature-discard") {
		g.MaxDiscard, g.DiscardUnit = maxDiscard, int(sector)
		if unit, err := d.front.Number("discard-granularity"); err == nil && unit > sector && unit <= maxDiscard {
			g.DiscardUnit = int(unit)
		}
	}
	return g, nil
}

// diskName is what Linux calls the disk of a number (Xen, docs/man/xen-vbd-interface.7): xvda, or xvda1 of one that is a partition.
func diskName(n uint32) string {
	var of, partition uint32
	switch major := n >> 8; {
	case n>>28 == 1: // extended numbers
		of, partition = n>>8&0xfffff, n&0xff
	case n>>28 != 0:
		return ""
	case major == 202, major == 8: // xvd, sd
		of, partition = n>>4&0xf, n&0xf
	case major == 3, major == 22: // hd
		of, partition = n>>6&3, n&0x3f
		if major == 22 {
			of += 2
		}
	default:
		return ""
	}
	name := disk.Name("xvd", int(of))
	if partition > 0 {
		name += strconv.Itoa(int(partition))
	}
	return name
}
