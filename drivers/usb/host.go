package usb

import (
	"errors"
	"internal/mirage/dma"
)

// How a transfer may end.
var (
	ErrGone    = errors.New("usb: the device was unplugged")
	ErrStall   = errors.New("usb: the device refuses (STALL)")
	ErrBabble  = errors.New("usb: the device sent more than it was asked for")
	ErrBus     = errors.New("usb: no valid answer from the device")
	ErrTimeout = errors.New("usb: the device does not answer in time")
	ErrNothing = errors.New("usb: the device has nothing to say") // of an interrupt pipe, for this interval
)

// A Speed is how fast a device is: USB 2.0, 4.2.1.
type Speed uint8

// The speeds.
const (
	High Speed = iota // 480 Mbit/s
	Full              // 12
	Low               // 1.5
)

// A Kind is a transfer type: table 9-13, bmAttributes.
type Kind uint8

// The kinds.
const (
	Control Kind = iota
	Isochronous
	Bulk
	Interrupt
)

// A PID is the data PID of a packet, or that of a setup: 8.3.1.
type PID uint8

// The PIDs.
const (
	Data0 PID = iota
	Data1
	Setup
)

// A Pipe is a connection to an endpoint of a device. One transfer at a time.
type Pipe struct {
	device    *Device
	Endpoint  uint8 // number
	In        bool
	Kind      Kind
	MaxPacket int
	Interval  int   // milliseconds, of an interrupt pipe
	Toggle    PID   // of the next packet; the host keeps it
	Limit     int64 // nanoseconds that a transfer may take; 0: none

	// Quiet ends an IN transfer that has data already when no more has come for so many nanoseconds. It is for devices that
	// do not end one that fills its packets; 0: none.
	Quiet int64

	request Request // the one at a time
}

// Address is the device's.
func (p *Pipe) Address() uint8 { return p.device.address }

// Speed is the device's.
func (p *Pipe) Speed() Speed { return p.device.speed }

// Gone is closed when the device is unplugged.
func (p *Pipe) Gone() <-chan struct{} { return p.device.gone }

// Translator is the address and port of the high-speed hub that translates for a device of another speed: 11.14. Address 0
// means that there is none.
func (p *Pipe) Translator() (hub, port uint8) { return p.device.ttHub, p.device.ttPort }

// A Request is a transfer: of n bytes at offset off of a memory that the controller reaches.
type Request struct {
	Memory *dma.Memory
	Off, N int   // what an IN pipe writes is at most N, which must be a multiple of the pipe's MaxPacket
	PID    PID   // of the first packet; the next one's afterwards
	Limit  int64 // nanoseconds; 0: none
}

// A Host is a controller with one port.
type Host interface {
	// Transfer does r at p and returns how many bytes were moved. It blocks until then, or until p's device is gone.
	Transfer(p *Pipe, r *Request) (int, error)

	// WaitPort blocks until what is plugged into the port may have changed, and reports whether anything is; ok is false once
	// the controller is of no use any more.
	WaitPort() (connected, ok bool)

	// ResetPort resets what is plugged in (7.1.7.5) and returns its speed.
	ResetPort() (Speed, error)
}
