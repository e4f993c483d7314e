package usbtest

import (
	"internal/mirage/drivers/usb"
	"sync"
	"time"
)

// A Host is a controller without registers. It implements usb.Host.
type Host struct {
	mu      sync.Mutex
	root    *Device
	enabled bool
	plugs   int // how often the port has changed, and how often when WaitPort returned
	told    int
	news    chan struct{}
	closed  bool
}

// NewHost returns one with nothing plugged in.
func NewHost() *Host {
	h := &Host{plugs: 1, news: make(chan struct{}, 1)}
	h.news <- struct{}{}
	return h
}

// Plug plugs a device, or nothing, into the port.
func (h *Host) Plug(d *Device) {
	h.mu.Lock()
	h.root, h.enabled = d, false
	h.plugs++
	h.mu.Unlock()
	h.tell()
}

// Close ends the controller.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.tell()
}

func (h *Host) tell() {
	select {
	case h.news <- struct{}{}:
	default:
	}
}

// WaitPort implements usb.Host.
func (h *Host) WaitPort() (connected, ok bool) {
	for {
		<-h.news
		h.mu.Lock()
		connected, ok = h.root != nil, !h.closed
		isNews := h.told != h.plugs
		h.told = h.plugs
		h.mu.Unlock()
		if isNews || !ok {
			return connected, ok
		}
	}
}

// ResetPort implements usb.Host.
func (h *Host) ResetPort() (usb.Speed, error) {
	h.mu.Lock()
	d := h.root
	h.enabled = d != nil
	h.mu.Unlock()
	if d == nil {
		return 0, usb.ErrGone
	}
	d.Reset()
	return d.Speed, nil
}

// Transfer implements usb.Host.
func (h *Host) Transfer(p *usb.Pipe, r *usb.Request) (int, error) {
	var over <-chan time.Time
	if r.Limit > 0 {
		t := time.NewTimer(time.Duration(r.Limit))
		defer t.Stop()
		over = t.C
	}
	moved := 0
	for {
		n, err := h.packet(p, r, moved)
		moved += n
		switch {
		case err == usb.ErrNothing && p.Kind != usb.Interrupt:
		case err != nil || n < p.MaxPacket || moved >= r.N:
			return moved, err
		}
		select {
		case <-p.Gone():
			return moved, usb.ErrGone
		case <-over:
			return moved, usb.ErrTimeout
		default:
			if err != nil {
				time.Sleep(100 * time.Microsecond)
			}
		}
	}
}

// packet does one transaction.
func (h *Host) packet(p *usb.Pipe, r *usb.Request, moved int) (int, error) {
	h.mu.Lock()
	var d *Device
	if h.enabled {
		d = h.root.Find(p.Address())
	}
	h.mu.Unlock()
	if d == nil {
		return 0, usb.ErrBus
	}
	b := r.Memory.Bytes()[r.Off+moved : r.Off+r.N]
	return Packet(d, p.Endpoint, p.In, p.MaxPacket, &r.PID, b)
}

// Packet does one transaction with a device for a controller, to or from b, and returns how many bytes were moved.
func Packet(d *Device, endpoint uint8, in bool, most int, pid *usb.PID, b []byte) (n int, err error) {
	if endpoint == 0 && d.Fault != nil && *pid != usb.Setup {
		if err := d.Fault(); err != nil {
			return 0, err
		}
	}
	switch {
	case *pid == usb.Setup:
		d.Setup(b[:min(len(b), 8)])
		return min(len(b), 8), nil
	case in:
		packet, err := d.Read(endpoint, most, *pid)
		if err != nil {
			return 0, err
		}
		if len(packet) > most || len(packet) > len(b) {
			return 0, usb.ErrBabble
		}
		n = copy(b, packet)
	default:
		n = min(len(b), most)
		if err := d.Write(endpoint, b[:n], *pid); err != nil {
			return 0, err
		}
	}
	*pid ^= 1
	return n, nil
}
