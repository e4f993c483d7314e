package netfront

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/irq"
	"internal/strconv"
	"sync/atomic"
)

var (
	errCopy  = errors.New("netfront: the back end does not copy received frames")
	errMAC   = errors.New("netfront: no hardware address")
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
	failed     atomic.Bool // for good
	dropped    atomic.Uint64

	// What follows changes when the back end comes and goes, while away is set.
	away      atomic.Bool // nothing can be sent or received
	port      uint32
	line      irq.Line
	checksum6 bool // the back end finishes checksums of IPv6 too
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
func (d *Device) connect() (err error) {
	// 1. The back end says what it can.
	if !d.front.Offers("feature-rx-copy") {
		return errCopy
	}
	d.checksum6 = d.front.Offers("feature-ipv6-csum-offload")
	// 2. Memory, rings and an event channel of ours.
	if err := d.rx.init(d.grants, d.front.BackendID); err != nil {
		return err
	}
	if err := d.tx.init(d.grants, d.front.BackendID); err != nil {
		return err
	}
	if d.port, err = d.hypervisor.Listen(d.front.BackendID); err != nil {
		return err
	}
	if d.line, err = d.hypervisor.Line(d.port); err != nil {
		return err
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

func (d *Device) settings() []bus.Setting {
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	settings := []bus.Setting{
		{"tx-ring-ref", number(d.tx.page.Ref(0))},
		{"rx-ring-ref", number(d.rx.page.Ref(0))},
		{"event-channel", number(d.port)},
		{"request-rx-copy", "1"},
		{"feature-rx-notify", "1"}, // we tell when there are buffers again
	}
	if d.checksum6 {
		settings = append(settings, bus.Setting{"feature-ipv6-csum-offload", "1"})
	}
	return settings
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

// notify tells the back end of news in the rings.
func (d *Device) notify() { d.hypervisor.Notify(d.port) }

// MAC implements device.NIC.
func (d *Device) MAC() [6]byte { return d.mac }

// MTU implements device.NIC.
func (d *Device) MTU() int { return mtu }

// Offloads implements device.NIC.
func (d *Device) Offloads() device.Offloads { return device.TxChecksum | device.RxChecksum }

// LinkUp implements device.NIC.
func (d *Device) LinkUp() bool { return !d.away.Load() }

// Dropped is the number of frames that the back end gave in a form that it must not, or failed to give.
func (d *Device) Dropped() uint64 { return d.dropped.Load() }
