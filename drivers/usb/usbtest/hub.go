package usbtest

import (
	"internal/mirage/drivers/usb"
	"sync"
)

// A Hub is a model of a hub with four ports: USB 2.0, 11.
type Hub struct {
	*Device
	mu    sync.Mutex
	ports [Ports + 1]hubPort // from 1 on
}

// Ports is how many ports a Hub has.
const Ports = 4

type hubPort struct {
	device         *Device
	status, change uint16
}

// NewHub returns one of a speed.
func NewHub(speed usb.Speed) *Hub {
	mps := byte(64)
	h := &Hub{Device: &Device{
		Speed:      speed,
		Descriptor: []byte{18, 1, 0, 2, 9, 0, 0, mps, 0x24, 0x04, 0x14, 0x95, 0, 2, 0, 0, 0, 1},
		Configs: [][]byte{{
			9, 2, 25, 0, 1, 1, 0, 0xe0, 1,
			9, 4, 0, 0, 1, 9, 0, 0, 0,
			7, 5, 0x81, 3, 1, 0, 1,
		}},
	}}
	h.Device.hub = h
	h.Class, h.In = h.class, h.interrupt
	return h
}

func (h *Hub) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.ports {
		h.ports[i].status, h.ports[i].change = 0, 0
	}
}

func (h *Hub) find(address uint8) *Device {
	h.mu.Lock()
	ports := h.ports
	h.mu.Unlock()
	for _, p := range ports {
		if p.status&2 != 0 {
			if d := p.device.Find(address); d != nil {
				return d
			}
		}
	}
	return nil
}

// Plug plugs a device, or nothing, into a port.
func (h *Hub) Plug(port int, d *Device) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &h.ports[port]
	p.device = d
	p.status &= 1 << 8
	p.change |= 1
	h.connect(p)
}

// connect says what is at a port that has power, h.mu held.
func (h *Hub) connect(p *hubPort) {
	if p.device == nil || p.status&(1<<8) == 0 {
		return
	}
	p.status |= 1
	switch p.device.Speed {
	case usb.Low:
		p.status |= 1 << 9
	case usb.High:
		p.status |= 1 << 10
	}
}

// interrupt is the status change endpoint: 11.12.4.
func (h *Hub) interrupt(uint8) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	bits := byte(0)
	for i := 1; i <= Ports; i++ {
		if h.ports[i].change != 0 {
			bits |= 1 << i
		}
	}
	if bits == 0 {
		return nil, usb.ErrNothing
	}
	return []byte{bits}, nil
}

// class answers the requests of hubs: table 11-15.
func (h *Hub) class(s [8]byte, out []byte) ([]byte, error) {
	if s[0] == 0xa0 && s[1] == 6 {
		return []byte{9, 0x29, Ports, 0, 0, 1, 0, 0, 0xff}, nil
	}
	port := int(s[4])
	if port < 1 || port > Ports {
		return nil, usb.ErrStall
	}
	h.mu.Lock()
	p := &h.ports[port]
	var reset *Device
	defer func() {
		h.mu.Unlock()
		if reset != nil {
			reset.Reset()
		}
	}()
	feature := uint16(s[2]) | uint16(s[3])<<8
	switch {
	case s[0] == 0xa3 && s[1] == 0:
		return []byte{byte(p.status), byte(p.status >> 8), byte(p.change), byte(p.change >> 8)}, nil
	case s[0] == 0x23 && s[1] == 3 && feature == 8: // PORT_POWER
		p.status |= 1 << 8
		p.change |= p.status & 1
		h.connect(p)
		if p.device != nil {
			p.change |= 1
		}
		return nil, nil
	case s[0] == 0x23 && s[1] == 3 && feature == 4: // PORT_RESET
		if p.status&1 != 0 {
			p.status |= 2
			p.change |= 1 << 4
			reset = p.device
		}
		return nil, nil
	case s[0] == 0x23 && s[1] == 1 && feature == 1: // PORT_ENABLE
		p.status &^= 2
		return nil, nil
	case s[0] == 0x23 && s[1] == 1 && feature >= 16 && feature < 21:
		p.change &^= 1 << (feature - 16)
		return nil, nil
	}
	return nil, usb.ErrStall
}
