package balloon

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/drivers/balloon"
	"internal/mirage/drivers/virtio"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var (
	errMemory = errors.New("virtio-balloon: no memory")
	errReport = errors.New("virtio-balloon: the device offers reports and has no queue for them")
	errClosed = errors.New("virtio-balloon: the device has failed")
)

// A Memory is the machine's physical memory, as package machine gives it. Addresses are physical.
type Memory interface {
	balloon.Memory

	// TakeUnused takes free blocks that were not reported, and GiveUnused gives them back, reported.
	TakeUnused(blocks []uint64) int
	GiveUnused(blocks []uint64)

	// Sizes is how many bytes there are, are free, and are free or could be if asked for.
	Sizes() (total, free, available uint64)
	// Line is raised when Reclaimed or TakeUnused may have something.
	Line() irq.Line
}

// retry is a variable for tests: balloon.Target.
var retry int64 = clock.Second

// A Device is a balloon. It is a balloon.Host.
type Device struct {
	dev    *virtio.Device
	memory Memory
	target *balloon.Target
	stats  *request // nil without
	report *report  // nil without

	inflate, deflate *request
}

// Open makes a balloon ready, which then goes on by itself.
func Open(t virtio.Transport, memory Memory) (*Device, error) {
	// 1. Agree on features.
	dev, err := virtio.Open(t, features)
	if err != nil {
		return nil, err
	}
	d := &Device{dev: dev, memory: memory}
	d.target = balloon.New(memory, d)
	d.target.Retry = retry
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
	if d.inflate, err = newRequest(d.dev, inflateQueue, 1); err != nil {
		return err
	}
	if d.deflate, err = newRequest(d.dev, deflateQueue, 1); err != nil {
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
	go d.follow()
	if d.stats != nil {
		go d.serveStats()
	}
	if d.report != nil {
		go d.report.run()
	}
	d.target.Changed.Raise()
}

// follow is the target's goroutine.
func (d *Device) follow() {
	if err := d.target.Run(); err != nil {
		d.fail(err)
	}
}

// Wanted implements balloon.Host.
func (d *Device) Wanted() int {
	var want uint32
	d.dev.ReadConfig(func(c mmio.Space) { want = configTarget.Load(c) })
	return int(want)
}

// Take implements balloon.Host.
func (d *Device) Take(addr uint64, pages int) error { return d.inflate.name(addr, pages) }

// Give implements balloon.Host. Section 5.5.6.1: pages are used only when the host has agreed, which it may want.
func (d *Device) Give(addr uint64, pages int) error { return d.deflate.name(addr, pages) }

// Has implements balloon.Host. Section 5.5.6.1: after changing the number of pages, say it.
func (d *Device) Has(pages int) { configActual.Store(d.dev.Config(), uint32(pages)) }

// watchConfig waits for changes of the configuration: section 5.5.6.1.
func (d *Device) watchConfig() {
	for d.dev.ConfigLine().Wait() {
		if err := d.dev.Check(); err != nil {
			d.fail(err)
			return
		}
		d.target.Changed.Raise()
	}
	d.fail(errClosed)
}

// watchMemory waits for news of memory.
func (d *Device) watchMemory() {
	for line := d.memory.Line(); line.Wait() && !d.dev.Failed(); {
		d.target.Changed.Raise()
		if d.report != nil {
			d.report.freed.Raise()
		}
	}
}

// fail ends the device. What is in the balloon stays there: nobody can be sure that the host gives it back.
func (d *Device) fail(err error) {
	d.memory.SetReclaimable(false)
	d.target.Changed.Close()
	if d.report != nil {
		d.report.freed.Close()
	}
	d.dev.Fail(err)
}
