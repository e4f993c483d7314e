//go:build !mirage

package virtiotest

import (
	"fmt"
	"sync"
)

// A Device is a model of a device without its registers, which MMIO or PCI give it. What the driver does against the
// specification is noted in Faults.
type Device struct {
	ID       uint32
	Offered  uint64
	Config   []byte
	Max      []int       // the largest size of each queue
	Notified func(i int) // called when the driver notifies queue i, in its goroutine; may be nil
	Refuse   bool        // do not agree to the features

	mu         sync.Mutex
	legacy     bool
	status     uint8
	accepted   uint64
	generation uint8
	rings      []*Ring // nil while not enabled
	faults     []string
	offerSel   uint32
	acceptSel  uint32
	queueSel   int
	setup      []queueSetup
	interrupt  func(queue int) // raises the interrupt of a queue, of the configuration for -1
}

// A queueSetup is what the driver said of a queue before it enabled it.
type queueSetup struct {
	size              int
	desc, avail, used uint64
	vector            uint16
}

const (
	versionOne = 1 << 32
	eventIndex = 1 << 29

	statusDriver     = 1 << 1
	statusDriverOK   = 1 << 2
	statusFeaturesOK = 1 << 3
)

func (d *Device) fault(format string, args ...any) {
	d.faults = append(d.faults, fmt.Sprintf(format, args...))
}

// Faults is what the driver did against the specification.
func (d *Device) Faults() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults
}

// Accepted is the features that the driver accepted.
func (d *Device) Accepted() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accepted
}

// Status is the device status.
func (d *Device) Status() uint8 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// SetStatus changes the device status from the device's side.
func (d *Device) SetStatus(s uint8) {
	d.mu.Lock()
	d.status = s
	d.mu.Unlock()
}

// Ring is the device's side of queue i, nil while it is not in use.
func (d *Device) Ring(i int) *Ring {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.status&statusDriverOK == 0 {
		return nil
	}
	return d.rings[i]
}

// Change changes the configuration and interrupts.
func (d *Device) Change(f func(config []byte)) {
	d.mu.Lock()
	f(d.Config)
	d.generation++
	d.mu.Unlock()
	d.interrupt(-1)
}

// Peek shows the configuration to f.
func (d *Device) Peek(f func(config []byte)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d.Config)
}

// Use says that chain c of queue i is used, and interrupts if the driver wants that.
func (d *Device) Use(i int, c Chain, written int) {
	d.UseAll(i, Element{uint32(c.Head), uint32(written)})
}

// UseAll says that chains of queue i are used, all at once, and interrupts if the driver wants that.
func (d *Device) UseAll(i int, elements ...Element) {
	if r := d.Ring(i); r != nil && r.PushAll(elements...) {
		d.interrupt(i)
	}
}

// Interrupt raises queue i's interrupt, that of the configuration for -1.
func (d *Device) Interrupt(i int) { d.interrupt(i) }

func (d *Device) init() {
	d.rings = make([]*Ring, len(d.Max))
	d.setup = make([]queueSetup, len(d.Max))
}

func (d *Device) reset() {
	d.status, d.accepted, d.offerSel, d.acceptSel, d.queueSel = 0, 0, 0, 0, 0
	d.init()
}

// setStatus is the driver writing the status: sections 2.1 and 3.1.1.
func (d *Device) setStatus(s uint8) {
	if s == 0 {
		d.reset()
		return
	}
	if d.status&^s != 0 {
		d.fault("status %#x to %#x: a bit was cleared without a reset", d.status, s)
	}
	if s&statusFeaturesOK != 0 && (d.Refuse || d.accepted&^d.Offered != 0 || d.accepted&versionOne == 0) {
		s &^= statusFeaturesOK
	}
	if s&statusDriverOK != 0 && !d.legacy && s&statusFeaturesOK == 0 {
		d.fault("DRIVER_OK without FEATURES_OK")
	}
	d.status = s
}

func (d *Device) accept(v uint32) {
	if d.status&statusDriver == 0 || d.status&statusFeaturesOK != 0 {
		d.fault("features written in status %#x", d.status)
	}
	if d.acceptSel > 1 || d.legacy && d.acceptSel > 0 {
		d.fault("features %d written", d.acceptSel)
		return
	}
	shift := 32 * d.acceptSel
	d.accepted = d.accepted&^(0xffffffff<<shift) | uint64(v)<<shift
	if d.accepted&^d.Offered != 0 {
		d.fault("features %#x accepted, %#x offered", d.accepted, d.Offered)
	}
}

func (d *Device) offer() uint32 {
	if d.offerSel > 1 {
		return 0
	}
	return uint32(d.Offered >> (32 * d.offerSel))
}

// current is the queue that is selected, nil when there is none.
func (d *Device) current() *queueSetup {
	if d.queueSel >= len(d.setup) {
		return nil
	}
	return &d.setup[d.queueSel]
}

// enable puts the selected queue in use.
func (d *Device) enable() {
	s := d.current()
	switch {
	case s == nil:
		d.fault("queue %d enabled", d.queueSel)
		return
	case d.status&statusDriverOK != 0 || !d.legacy && d.status&statusFeaturesOK == 0:
		d.fault("queue enabled in status %#x", d.status)
	case s.size == 0 || s.size > d.Max[d.queueSel] || s.size&(s.size-1) != 0:
		d.fault("queue of size %d of %d", s.size, d.Max[d.queueSel])
		return
	case s.desc%16 != 0 || s.avail%2 != 0 || s.used%4 != 0 || s.desc == 0:
		d.fault("queue at %#x, %#x, %#x", s.desc, s.avail, s.used)
		return
	}
	d.rings[d.queueSel] = &Ring{Size: s.size, Desc: s.desc, Avail: s.avail, Used: s.used, EventIndex: d.accepted&eventIndex != 0}
}

// notify is the driver's notification of queue i.
func (d *Device) notify(i int) {
	d.mu.Lock()
	if d.status&statusDriverOK == 0 || i >= len(d.rings) || d.rings[i] == nil {
		d.fault("queue %d notified in status %#x", i, d.status)
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	if d.Notified != nil {
		d.Notified(i)
	}
}

// config reads width bytes of the configuration.
func (d *Device) config(off uintptr, width int) (v uint32) {
	if int(off)+width > len(d.Config) {
		d.fault("configuration read at %d, %d bytes of %d", off, width, len(d.Config))
		return 0
	}
	for i := range width {
		v |= uint32(d.Config[int(off)+i]) << (8 * i)
	}
	return v
}

// setConfig writes width bytes of it.
func (d *Device) setConfig(off uintptr, width int, v uint32) {
	for i := range width {
		if int(off)+i < len(d.Config) {
			d.Config[int(off)+i] = byte(v >> (8 * i))
		}
	}
}
