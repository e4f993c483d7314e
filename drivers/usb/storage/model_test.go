//go:build !mirage

package storage

import (
	"bytes"
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"sync"
	"testing"
)

// A stick is a model of a disk: BOT 5 and 6, with SCSI behind it. It checks what a host must do, and misbehaves as a test says.
type stick struct {
	*usbtest.Device
	t testing.TB

	mu      sync.Mutex
	store   []byte
	sector  int
	units   int
	what    phase
	cbw     []byte
	tag     uint32
	in      []byte // data that goes to the host, or the status
	out     []byte
	want    int // bytes from the host
	status  uint8
	residue uint32
	sense   sense
	stall   bool // instead of the next packet to the host, once
	resets  int
	synced  int

	// What it does wrong: asked for each command before it is done.
	spoil func(s *stick, block []byte) fault
	fault fault
	// scsi may answer a command itself.
	scsi func(block []byte) (answer []byte, failed sense, done bool)
}

type phase uint8

const (
	wantCommand phase = iota
	toHost
	fromHost
	wantStatus
	confused // until it is reset: BOT 5.3.4
)

// A fault is what becomes of a command.
type fault uint8

const (
	none fault = iota
	wrongTag
	wrongSignature
	shortStatus
	statusStalls // once, and then it comes
	dataStalls   // before any of it
	dataShort    // half of it
	tooMuch
	phaseWrong
	residueTooLarge
	notMeaningful // the command is stalled, until a reset
)

func newStick(t testing.TB, blocks int) *stick {
	s := &stick{t: t, store: make([]byte, 512*blocks), sector: 512, units: 1}
	s.Device = &usbtest.Device{
		Speed:      usb.Full,
		Descriptor: []byte{18, 1, 0, 2, 0, 0, 0, 64, 0x81, 0x07, 0x67, 0x55, 0, 1, 1, 2, 3, 1},
		Configs: [][]byte{{
			9, 2, 32, 0, 1, 1, 0, 0x80, 50,
			9, 4, 0, 0, 2, 8, 6, 0x50, 0,
			7, 5, 0x81, 2, 64, 0, 0,
			7, 5, 0x02, 2, 64, 0, 0,
		}},
		Strings: []string{"Maker", "Stick", "0123456789AB"},
	}
	s.Class, s.In, s.Out = s.class, s.read, s.write
	return s
}

func (s *stick) class(setup [8]byte, out []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case setup[0] == 0xa1 && setup[1] == getMaxLUN:
		if s.units == 1 {
			return nil, usb.ErrStall
		}
		return []byte{byte(s.units - 1)}, nil
	case setup[0] == 0x21 && setup[1] == massStorageReset:
		s.what, s.in, s.stall = wantCommand, nil, false
		s.resets++
		return nil, nil
	}
	return nil, usb.ErrStall
}

// write is a packet from the host.
func (s *stick) write(_ uint8, p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.what {
	case wantCommand:
		return s.command(p)
	case fromHost:
		s.out = append(s.out, p...)
		if len(s.out) >= s.want {
			s.end()
		}
		return nil
	case confused:
		return usb.ErrStall
	}
	s.t.Errorf("%d bytes from the host in phase %d", len(p), s.what)
	return usb.ErrStall
}

// command takes a command's wrapper: BOT 6.2 says when it is valid and meaningful.
func (s *stick) command(p []byte) error {
	if len(p) != 31 || byteorder.LEUint32(p) != 0x43425355 || p[13] > byte(s.units-1) || p[14] < 6 || p[14] > 16 || p[12]&0x7f != 0 {
		s.t.Errorf("a command % x", p)
		s.what = confused
		return usb.ErrStall
	}
	if tag := byteorder.LEUint32(p[4:]); tag == s.tag {
		s.t.Errorf("tag %d comes twice", tag)
	}
	s.tag, s.cbw = byteorder.LEUint32(p[4:]), bytes.Clone(p)
	block := p[15:][:p[14]]
	s.fault = none
	if s.spoil != nil {
		s.fault = s.spoil(s, block)
	}
	if s.fault == notMeaningful {
		s.what = confused
		return usb.ErrStall
	}
	s.want, s.out = int(byteorder.LEUint32(p[8:])), nil
	if s.want > 0 && p[12] == 0 {
		s.what = fromHost
		return nil
	}
	s.end()
	return nil
}

// end does the command, whose data from the host is there.
func (s *stick) end() {
	block := s.cbw[15:][:s.cbw[14]]
	answer, why := s.do(block)
	s.status, s.residue = passed, uint32(s.want)
	if s.cbw[12] == 0 {
		s.residue -= uint32(len(s.out))
	}
	if why != (sense{}) {
		s.status, s.sense, answer = failed, why, nil
	}
	if s.cbw[12] == 0 || s.want == 0 {
		s.statusNext()
		return
	}
	answer = answer[:min(len(answer), s.want)]
	switch s.fault {
	case dataStalls:
		answer = nil
	case dataShort:
		answer = answer[:len(answer)/2]
	}
	s.residue = uint32(s.want - len(answer))
	if s.fault == tooMuch {
		answer = append(answer, make([]byte, 64)...)
	}
	if len(answer) == 0 {
		s.stall = true // BOT 6.7.2, case 4
		s.statusNext()
		return
	}
	s.what, s.in = toHost, bytes.Clone(answer)
}

// statusNext makes the status ready: BOT 5.2.
func (s *stick) statusNext() {
	tag, signature, status := s.tag, uint32(0x53425355), s.status
	switch s.fault {
	case wrongTag:
		tag++
	case wrongSignature:
		signature++
	case phaseWrong:
		status = phaseError
	case residueTooLarge:
		s.residue = uint32(s.want) + 1
	case statusStalls:
		s.stall = true
	}
	s.what, s.in = wantStatus, make([]byte, 13)
	byteorder.LEPutUint32(s.in, signature)
	byteorder.LEPutUint32(s.in[4:], tag)
	byteorder.LEPutUint32(s.in[8:], s.residue)
	s.in[12] = status
	if s.fault == shortStatus {
		s.in = s.in[:12]
	}
}

// read is a packet to the host.
func (s *stick) read(uint8) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stall {
		s.stall = false
		return nil, usb.ErrStall
	}
	p := s.in[:min(len(s.in), 64)]
	s.in = s.in[len(p):]
	switch s.what {
	case wantStatus:
		s.what = wantCommand
	case toHost:
		if len(s.in) == 0 {
			s.stall = s.residue > 0 && len(p) == 64 // else a short packet tells it
			s.statusNext()
		}
	default:
		return nil, usb.ErrStall
	}
	return p, nil
}

// do is SCSI's part.
func (s *stick) do(block []byte) (answer []byte, why sense) {
	if s.scsi != nil {
		if answer, why, done := s.scsi(block); done {
			return answer, why
		}
	}
	switch block[0] {
	case testUnitReady:
		return nil, why
	case requestSense:
		b := make([]byte, 18)
		b[0], b[2], b[7], b[12] = 0x70, s.sense.key, 10, s.sense.code
		s.sense = sense{}
		return b, why
	case inquiry:
		b := make([]byte, 36)
		b[1], b[4] = 0x80, 31
		return b, why
	case modeSense:
		return []byte{3, 0, 0, 0}, why
	case readCapacity:
		b := make([]byte, 8)
		byteorder.BEPutUint32(b, uint32(len(s.store)/s.sector-1))
		byteorder.BEPutUint32(b[4:], uint32(s.sector))
		return b, why
	case synchronizeCache:
		s.synced++
		return nil, why
	case read10, write10:
		at, n := int(byteorder.BEUint32(block[2:]))*s.sector, int(byteorder.BEUint16(block[7:]))*s.sector
		if at+n > len(s.store) || n != s.want || (block[0] == read10) != (s.cbw[12] != 0) {
			s.t.Errorf("command % x with %d bytes", block, s.want)
			return nil, sense{illegalRequest, 0x21}
		}
		if block[0] == read10 {
			return s.store[at : at+n], why
		}
		copy(s.store[at:at+n], s.out)
		return nil, why
	}
	return nil, sense{illegalRequest, 0x20}
}

// blocks are the disks that came, gone those that went.
var blocks = func() chan device.Block {
	c := make(chan device.Block, 10)
	device.EachBlock(func(b device.Block) { c <- b }, func(b device.Block) { gone <- b })
	return c
}()

var gone = make(chan device.Block, 10)

func init() { readyTries, readyPause = 5, 1 }

// plug plugs a stick into a port of its own.
func plug(t testing.TB, s *stick) (*usbtest.Host, device.Block) {
	t.Helper()
	host := usbtest.NewHost()
	host.Plug(s.Device)
	usb.Start(host, Driver)
	return host, <-blocks
}
