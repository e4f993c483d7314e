package net

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio"
	"internal/mirage/mmio"
	"sync/atomic"
)

var (
	errMTU    = errors.New("virtio-net: the card's MTU is below 68")
	errMemory = errors.New("virtio-net: no memory for frames")
)

const (
	defaultMTU = 1500
	ethernet   = 14 + 4 // header with a VLAN tag

	maxBuffers = 256     // in each direction, a power of 2
	minBuffers = 16      // even where frames are large
	maxMemory  = 1 << 20 // bytes in each direction, where that allows for minBuffers
)

// A Device is a network card. It implements device.NIC.
type Device struct {
	dev      *virtio.Device
	mac      [6]byte
	mtu      int
	offloads device.Offloads
	header   int  // bytes in front of each frame
	split    bool // the header has a buffer of its own
	linkUp   atomic.Bool
	broken   atomic.Bool
	dropped  atomic.Uint64
	rx       receiver
	tx       transmitter
}

// Open makes a card ready. random fills the address of a card that has none of its own.
func Open(t virtio.Transport, random func([]byte)) (*Device, error) {
	// 1. Agree on features.
	dev, err := virtio.OpenWith(t, accept)
	if err != nil {
		return nil, err
	}
	d := &Device{dev: dev}
	// 2. Read the configuration, 3. and make the queues and their buffers.
	if err := d.init(random); err != nil {
		return nil, dev.GiveUp(err)
	}
	// 4. Start. There is nothing to receive into until Receive.
	dev.Start()
	d.readLink()
	go d.watch()
	return d, nil
}

func (d *Device) init(random func([]byte)) error {
	if err := d.configure(random); err != nil {
		return err
	}
	// Only receiving has an interrupt.
	if err := d.dev.Connect(1); err != nil {
		return err
	}
	if err := d.rx.init(d); err != nil {
		return err
	}
	return d.tx.init(d)
}

// configure reads the configuration, and works out the header's form.
func (d *Device) configure(random func([]byte)) error {
	has := d.dev.Has
	d.mtu = defaultMTU
	d.dev.ReadConfig(func(c mmio.Space) {
		if has(featureMAC) {
			for i := range d.mac {
				d.mac[i] = (configMAC + mmio.Reg8(i)).Load(c)
			}
		}
		if has(featureMTU) {
			d.mtu = int(configMTU.Load(c))
		}
	})
	if d.mtu < minMTU {
		return errMTU // section 5.1.4.1
	}
	if !has(featureMAC) {
		random(d.mac[:])
		d.mac[0] = d.mac[0]&^1 | 2 // one station's, locally administered: section 5.1.5
	}
	if has(featureChecksum) {
		d.offloads |= device.TxChecksum
	}
	if has(featureGuestChecksum) {
		d.offloads |= device.RxChecksum
	}
	if has(featureHostTSO4) && has(featureChecksum) {
		d.offloads |= device.TxSegments4
	}
	if has(featureHostTSO6) && has(featureChecksum) {
		d.offloads |= device.TxSegments6
	}
	d.header = headerSize
	if !has(virtio.FeatureVersion1) && !has(featureMergeable) {
		d.header = headerSizeOld
	}
	// Section 5.1.6.6: a legacy device may want the header in a buffer of its own.
	d.split = !has(virtio.FeatureVersion1) && !has(virtio.FeatureAnyLayout)
	return nil
}

// frame is the number of bytes of the largest frame with its header, a multiple of a cache line.
func (d *Device) frame() int { return (headerSize + ethernet + d.mtu + 63) &^ 63 }

// buffers is how many buffers of size bytes one direction has.
func buffers(size int) int { return min(maxBuffers, max(minBuffers, maxMemory/size)) }

// watch waits for changes of the configuration.
func (d *Device) watch() {
	for d.dev.ConfigLine().Wait() {
		if err := d.dev.Check(); err != nil {
			d.fail(err)
			return
		}
		d.readLink()
	}
}

// readLink reads the state of the link: without the feature it is always up (section 5.1.4.2).
func (d *Device) readLink() {
	up := true
	if d.dev.Has(featureStatus) {
		d.dev.ReadConfig(func(c mmio.Space) { up = configStatus.Load(c)&statusLinkUp != 0 })
	}
	d.linkUp.Store(up)
}

// fail ends the card.
func (d *Device) fail(err error) {
	d.broken.Store(true)
	d.dev.Fail(err)
}

// MAC implements device.NIC.
func (d *Device) MAC() [6]byte { return d.mac }

// MTU implements device.NIC.
func (d *Device) MTU() int { return d.mtu }

// Offloads implements device.NIC.
func (d *Device) Offloads() device.Offloads { return d.offloads }

// LinkUp implements device.NIC.
func (d *Device) LinkUp() bool { return d.linkUp.Load() && !d.broken.Load() }

// Dropped is the number of frames that the card gave in a form that it must not.
func (d *Device) Dropped() uint64 { return d.dropped.Load() }
