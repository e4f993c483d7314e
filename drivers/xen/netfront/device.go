package netfront

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/grant"
	"internal/strconv"
	"sync/atomic"
)

var (
	errCopy  = errors.New("netfront: the back end does not copy received frames")
	errMAC   = errors.New("netfront: no hardware address")
	errLess  = errors.New("netfront: the back end that came back cuts no segments, as the one before did")
	errFrame = errors.New("netfront: the back end gives a frame in a form that was not agreed on")
)

const (
	mtu      = 1500
	minFrame = 14 // an Ethernet header

	// patience is how long the back end may take for each step of the connection, nanoseconds.
	patience = 60 * clock.Second
)

// A Device is a network card. It implements device.NIC.
type Device struct {
	front      *bus.Device
	hypervisor xen.Hypervisor
	grants     *grant.Table
	mac        [6]byte
	offloads   device.Offloads // settled by the first connection
	failed     atomic.Bool     // for good
	dropped    atomic.Uint64

	// What follows changes when the back end comes and goes, while away is set.
	away      atomic.Bool // nothing can be sent or received
	checksum6 bool        // the back end finishes checksums of IPv6 too
	queues    []*queue
	rx        receiver
	tx        transmitter
}

// Open connects a card.
func Open(h xen.Hypervisor, grants *grant.Table, front *bus.Device) (*Device, error) {
	d := &Device{front: front, hypervisor: h, grants: grants}
	d.tx.idle.L = &d.tx.mu
	d.away.Store(true)
	err := d.first()
	if err == nil {
		err = front.Follow()
	}
	if err != nil {
		d.giveBack()
		front.Close()
		return nil, err
	}
	go d.watch()
	return d, nil
}

// first connects for the first time.
func (d *Device) first() error {
	if err := d.front.Await(bus.InitWait, patience); err != nil {
		return err
	}
	address, err := d.front.Read("mac")
	if err != nil {
		return err
	}
	if !parseMAC(&d.mac, address) {
		return errMAC
	}
	return d.connect()
}

// connect connects to a back end that is ready.
func (d *Device) connect() error {
	// 1. The back end says what it can.
	has, err := d.features()
	if err != nil {
		return err
	}
	if !has.copying {
		return errCopy
	}
	if d.offloads == 0 {
		d.offloads = device.TxChecksum | device.RxChecksum | has.segments()
	}
	segments := d.offloads & (device.TxSegments4 | device.TxSegments6)
	if segments&^has.segments() != 0 {
		return errLess
	}
	d.checksum6 = has.checksum6
	// 2. Memory, rings and event channels of ours.
	if err := d.tx.init(d, segments != 0); err != nil {
		return err
	}
	for range has.queues {
		q := &queue{device: d}
		d.queues = append(d.queues, q)
		if err := q.open(has.split); err != nil {
			return err
		}
	}
	// 3. It is told of them, and connects.
	if err := d.front.Configure(d.settings()); err != nil {
		return err
	}
	if err := d.front.SetState(bus.Connected); err != nil {
		return err
	}
	if err := d.front.Await(bus.Connected, patience); err != nil {
		return err
	}
	d.away.Store(false)
	d.rx.start(d)
	return nil
}

// parseMAC reads six numbers of two hexadecimal digits, with colons in between.
func parseMAC(mac *[6]byte, s string) bool {
	if len(s) != 3*len(mac)-1 {
		return false
	}
	for i := range mac {
		n, err := strconv.ParseUint(s[3*i:3*i+2], 16, 8)
		if err != nil || i > 0 && s[3*i-1] != ':' {
			return false
		}
		mac[i] = byte(n)
	}
	return mac[0]&1 == 0
}

// MAC implements device.NIC.
func (d *Device) MAC() [6]byte { return d.mac }

// MTU implements device.NIC.
func (d *Device) MTU() int { return mtu }

// Offloads implements device.NIC.
func (d *Device) Offloads() device.Offloads { return d.offloads }

// LinkUp implements device.NIC.
func (d *Device) LinkUp() bool { return !d.away.Load() }

// Dropped is the number of frames that the back end gave in a form that it must not, or failed to give.
func (d *Device) Dropped() uint64 { return d.dropped.Load() }
