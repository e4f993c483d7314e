// Package usbtest has models of USB devices for tests: a device that answers transactions as its descriptors say, a hub, and a
// controller without registers. Package dwc2's tests have a model of a controller with registers, for the same devices.
//
// A model checks what the host must do: data toggles, the phases of a control transfer, addresses. What it finds it keeps as
// faults, for the test to report.
package usbtest

import (
	"fmt"
	"internal/mirage/drivers/usb"
	"sync"
	"testing"
)

// A Device is a model. Its fields are set before it is plugged in.
type Device struct {
	Speed      usb.Speed
	Descriptor []byte   // of the device
	Configs    [][]byte // each with all that belongs to it
	Strings    []string // from index 1 on

	// Class answers requests that are not standard; nil refuses them. out is what the host has sent; the answer is what it gets.
	Class func(setup [8]byte, out []byte) (in []byte, err error)
	// Fault is asked before each packet of endpoint 0 that is not a setup, and what it returns is what becomes of it; it may be nil.
	Fault func() error
	// Setting is told of SET_INTERFACE; it may be nil.
	Setting func(number, alternate uint8)
	// In and Out are the packets of other endpoints. ErrNothing is a NAK, ErrStall a STALL, ErrBus no answer at all.
	In  func(endpoint uint8) ([]byte, error)
	Out func(endpoint uint8, packet []byte) error

	mu         sync.Mutex
	address    uint8
	setAddress uint8 // taken over after the status phase
	configured uint8
	setup      [8]byte
	phase      phase
	data       []byte   // that goes to the host, or has come from it
	refused    error    // of the request
	toggles    [32]bool // of the next packet: out 0-15, in 16-31
	halted     [32]bool
	faults     []string
	hub        *Hub
}

type phase uint8

const (
	idle phase = iota
	dataIn
	dataOut
	statusIn
	statusOut
)

func (d *Device) fault(format string, args ...any) {
	d.faults = append(d.faults, fmt.Sprintf(format, args...))
}

// NoFaults reports what the host did wrong with any of the devices.
func NoFaults(t testing.TB, all ...*Device) {
	t.Helper()
	for _, d := range all {
		for _, f := range d.Faults() {
			t.Error("the driver broke a rule:", f)
		}
	}
}

// Faults is what the host did wrong.
func (d *Device) Faults() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults
}

// Configured is the configuration in use.
func (d *Device) Configured() uint8 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.configured
}

// Reset is a reset of its port.
func (d *Device) Reset() {
	d.mu.Lock()
	d.address, d.setAddress, d.configured, d.phase = 0, 0, 0, idle
	d.toggles, d.halted = [32]bool{}, [32]bool{}
	hub := d.hub
	d.mu.Unlock()
	if hub != nil {
		hub.reset()
	}
}

// Find returns the device of an address among d and what is behind it.
func (d *Device) Find(address uint8) *Device {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	own, hub := d.address, d.hub
	d.mu.Unlock()
	if own == address {
		return d
	}
	if hub != nil {
		return hub.find(address)
	}
	return nil
}

// Setup is a setup packet: USB 2.0, 8.5.3. It is always taken.
func (d *Device) Setup(packet []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(packet) != 8 {
		d.fault("a setup packet of %d bytes", len(packet))
		return
	}
	copy(d.setup[:], packet)
	d.data, d.refused, d.toggles[0], d.toggles[16] = nil, nil, true, true
	length := int(packet[6]) | int(packet[7])<<8
	switch {
	case length == 0:
		d.phase = statusIn
		d.serve(nil)
	case packet[0]&0x80 != 0:
		d.phase = dataIn
		d.serve(nil)
		d.data = d.data[:min(len(d.data), length)]
	default:
		d.phase = dataOut
	}
}

// serve answers the request, d.mu held.
func (d *Device) serve(out []byte) {
	s := d.setup
	value := uint16(s[2]) | uint16(s[3])<<8
	switch {
	case s[0]&0x60 != 0: // class or vendor
		d.refused = usb.ErrStall
		if d.Class != nil {
			d.mu.Unlock()
			in, err := d.Class(s, out)
			d.mu.Lock()
			d.data, d.refused = in, err
		}
	case s[0] == 0x80 && s[1] == 6:
		d.data = d.descriptor(s[3], s[2])
		if d.data == nil {
			d.refused = usb.ErrStall
		}
	case s[0] == 0 && s[1] == 5:
		if value == 0 || value > 127 {
			d.fault("address %d", value)
		}
		d.setAddress = uint8(value)
	case s[0] == 0 && s[1] == 9:
		d.configured = uint8(value)
		d.toggles = [32]bool{0: d.toggles[0], 16: d.toggles[16]}
	case s[0] == 1 && s[1] == 11: // the data toggles of its endpoints begin anew: 9.1.1.5
		d.toggles = [32]bool{0: d.toggles[0], 16: d.toggles[16]}
		if d.Setting != nil {
			d.mu.Unlock()
			d.Setting(s[4], s[2])
			d.mu.Lock()
		}
	case s[0] == 2 && s[1] == 1 && value == 0: // CLEAR_FEATURE(ENDPOINT_HALT)
		i := s[4]&15 + s[4]>>7*16
		d.halted[i], d.toggles[i] = false, false
	default:
		d.refused = usb.ErrStall
	}
}

func (d *Device) descriptor(kind, index uint8) []byte {
	switch {
	case kind == usb.TypeDevice:
		return d.Descriptor
	case kind == usb.TypeConfiguration && int(index) < len(d.Configs):
		return d.Configs[index]
	case kind == usb.TypeString && index > 0 && int(index) <= len(d.Strings):
		b := []byte{0, usb.TypeString}
		for _, c := range []byte(d.Strings[index-1]) {
			b = append(b, c, 0)
		}
		b[0] = byte(len(b))
		return b
	}
	return nil
}

// toggle checks and turns an endpoint's, d.mu held.
func (d *Device) toggle(i uint8, pid usb.PID) bool {
	want := usb.Data0
	if d.toggles[i] {
		want = usb.Data1
	}
	if pid != want {
		d.fault("endpoint %d.%d: data PID %d, want %d", i%16, i/16, pid, want)
		return false
	}
	d.toggles[i] = !d.toggles[i]
	return true
}

// Read is an IN transaction; the packet has at most most bytes, and the host expects a PID.
func (d *Device) Read(endpoint uint8, most int, pid usb.PID) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if endpoint != 0 {
		return d.readData(endpoint, pid)
	}
	switch d.phase {
	case statusIn:
		if d.refused != nil {
			return nil, d.refused
		}
		d.phase = idle
		d.toggle(16, pid)
		if d.setAddress != 0 {
			d.address, d.setAddress = d.setAddress, 0
		}
		return nil, nil
	case dataIn:
		if d.refused != nil {
			return nil, d.refused
		}
		b := d.data[:min(len(d.data), most)]
		if !d.toggle(16, pid) {
			return nil, usb.ErrBus
		}
		d.data = d.data[len(b):]
		return b, nil
	}
	d.fault("IN of endpoint 0 in phase %d", d.phase)
	return nil, usb.ErrStall
}

func (d *Device) readData(endpoint uint8, pid usb.PID) ([]byte, error) {
	i := endpoint + 16
	if d.halted[i] {
		return nil, usb.ErrStall
	}
	if d.In == nil {
		return nil, usb.ErrBus
	}
	d.mu.Unlock()
	b, err := d.In(endpoint)
	d.mu.Lock()
	if err == usb.ErrStall {
		d.halted[i] = true
	}
	if err != nil {
		return nil, err
	}
	d.toggle(i, pid)
	return b, nil
}

// Write is an OUT transaction.
func (d *Device) Write(endpoint uint8, packet []byte, pid usb.PID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if endpoint != 0 {
		return d.writeData(endpoint, packet, pid)
	}
	switch d.phase {
	case dataOut:
		d.toggle(0, pid)
		d.data = append(d.data, packet...)
		if length := int(d.setup[6]) | int(d.setup[7])<<8; len(d.data) >= length {
			out := d.data
			d.data, d.phase = nil, statusIn
			d.toggles[16] = true
			d.serve(out)
		}
		return nil
	case dataIn: // the host has had enough: 8.5.3.1
		if len(packet) != 0 || pid != usb.Data1 {
			d.fault("a status phase of %d bytes with PID %d", len(packet), pid)
		}
		d.phase = idle
		return d.refused
	}
	d.fault("OUT of endpoint 0 in phase %d", d.phase)
	return usb.ErrStall
}

func (d *Device) writeData(endpoint uint8, packet []byte, pid usb.PID) error {
	if d.halted[endpoint] {
		return usb.ErrStall
	}
	if d.Out == nil {
		return usb.ErrBus
	}
	d.mu.Unlock()
	err := d.Out(endpoint, packet)
	d.mu.Lock()
	if err == usb.ErrStall {
		d.halted[endpoint] = true
	}
	if err == nil {
		d.toggle(endpoint, pid)
	}
	return err
}
