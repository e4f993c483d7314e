package balloon

import (
	"errors"
	"internal/mirage/drivers/virtio"
	"internal/mirage/irq"
)

var (
	errMemory = errors.New("virtio-balloon: no memory")
	errReport = errors.New("virtio-balloon: the device offers reports and has no queue for them")
	errClosed = errors.New("virtio-balloon: the device has failed")
)

// blockPages is how many pages a block of memory has: 2 MiB, the unit of reports and the largest of the balloon.
const blockPages = 512

// A Memory is the machine's physical memory, as package machine gives it. Addresses are physical.
type Memory interface {
	// Inflate moves at most so many contiguous free pages into the balloon, up to a block, and returns where they are
	// and how many: 0 when the program needs what is free.
	Inflate(most int) (addr uint64, pages int)
	// Deflate takes a whole block out of the balloon, 0 when there is none.
	Deflate() (addr uint64)
	// Freed frees what Deflate returned, or pages of Inflate that are less than a block.
	Freed(addr uint64, pages int)
	// SetReclaimable says whether the program may have blocks of the balloon before the host knows.
	SetReclaimable(bool)
	// Reclaimed returns a block that it has taken so, 0 when there is none.
	Reclaimed() (addr uint64)

	// TakeUnused takes free blocks that were not reported, and GiveUnused gives them back, reported.
	TakeUnused(blocks []uint64) int
	GiveUnused(blocks []uint64)

	// Resized says that the balloon has another size and will keep it for a while.
	Resized()
	// Trim makes memory free that the program has and does not need.
	Trim()
	// Sizes is how many bytes there are, are free, and are free or could be if asked for.
	Sizes() (total, free, available uint64)
	// Line is raised when Reclaimed or TakeUnused may have something.
	Line() irq.Line
}

// A Device is a balloon.
type Device struct {
	dev    *virtio.Device
	memory Memory
	target target
	stats  *request // nil without
	report *report  // nil without
}

// Open makes a balloon ready, which then goes on by itself.
func Open(t virtio.Transport, memory Memory) (*Device, error) {
	// 1. Agree on features.
	dev, err := virtio.Open(t, features)
	if err != nil {
		return nil, err
	}
	d := &Device{dev: dev, memory: memory}
	// 2. Make the queues.
	if err := d.init(); err != nil {
		return nil, dev.GiveUp(err)
	}
	// Section 5.5.6.1: with neither feature, or only one of them, the host wants to be asked first.
	memory.SetReclaimable(dev.Has(featureDeflateOnOOM) && !dev.Has(featureTellHost))
	// 3. Start, and see what the host wants already.
	dev.Start()
	d.start()
	return d, nil
}

func (d *Device) init() (err error) {
	if err = d.dev.Connect(4); err != nil {
		return err
	}
	if err = d.target.init(d); err != nil {
		return err
	}
	if d.dev.Has(featureStats) {
		if d.stats, err = newRequest(d.dev, statsQueue, 1); err != nil {
			return err
		}
	}
	if d.dev.Has(featureReporting) {
		d.report, err = newReport(d)
	}
	return err
}

func (d *Device) start() {
	go d.watchConfig()
	go d.watchMemory()
	go d.target.run()
	if d.stats != nil {
		go d.serveStats()
	}
	if d.report != nil {
		go d.report.run()
	}
	d.target.changed.Raise()
}

// watchConfig waits for changes of the configuration: section 5.5.6.1.
func (d *Device) watchConfig() {
	for d.dev.ConfigLine().Wait() {
		if err := d.dev.Check(); err != nil {
			d.fail(err)
			return
		}
		d.target.changed.Raise()
	}
	d.fail(errClosed)
}

// watchMemory waits for news of memory.
func (d *Device) watchMemory() {
	for line := d.memory.Line(); line.Wait() && !d.dev.Failed(); {
		d.target.changed.Raise()
		if d.report != nil {
			d.report.freed.Raise()
		}
	}
}

// fail ends the device. What is in the balloon stays there: nobody can be sure that the host gives it back.
func (d *Device) fail(err error) {
	d.memory.SetReclaimable(false)
	d.target.changed.Close()
	if d.report != nil {
		d.report.freed.Close()
	}
	d.dev.Fail(err)
}
