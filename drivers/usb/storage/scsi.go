package storage

import (
	"internal/byteorder"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/usb"
)

// Operation codes: SPC-4, table E.2; SBC-3, 5.
const (
	testUnitReady      = 0x00
	requestSense       = 0x03
	inquiry            = 0x12
	modeSense          = 0x1a
	readCapacity       = 0x25
	read10             = 0x28
	write10            = 0x2a
	synchronizeCache   = 0x35
	read16             = 0x88
	write16            = 0x8a
	serviceActionIn    = 0x9e
	readCapacityAction = 0x10 // of serviceActionIn
)

// Lengths of answers: SPC-4, 6.6.2 and 4.5.3; SBC-3, 5.16 and 5.17.
const (
	inquirySize    = 36
	senseSize      = 18
	capacitySize   = 8
	capacity16Size = 32
	modeSize       = 192 // what other hosts ask for: there are sticks that take no other length
)

// Sense keys: SPC-4, 4.5.6, table 45; and additional codes: annex E.
const (
	noSense        = 0
	recovered      = 1
	notReady       = 2
	illegalRequest = 5
	unitAttention  = 6
	dataProtect    = 7

	codeChanged  = 0x28 // NOT READY TO READY CHANGE, MEDIUM MAY HAVE CHANGED
	codeNoMedium = 0x3a
)

// A sense is why a command failed.
type sense struct{ key, code uint8 }

// parseSense reads sense data of the fixed format: SPC-4, 4.5.3. What is none has a key that nobody waits for.
func parseSense(b []byte) (s sense, ok bool) {
	const current = 0x70
	if len(b) < 8 || b[0]&0x7f != current {
		return s, false
	}
	s.key = b[2] & 15
	if len(b) > 12 {
		s.code = b[12]
	}
	return s, true
}

// parseInquiry reports whether a unit is a disk: SPC-4, 6.6.2. Others, such as the drive for a stick's installer, are left alone.
func parseInquiry(b []byte) (isDisk bool) {
	return len(b) >= 5 && b[0] == 0 // there, and of the type for direct access
}

// A size is a unit's.
type size struct {
	blocks uint64
	sector int
}

// parseCapacity reads the answer to READ CAPACITY(10), whose last block is all ones if the long form must be asked: SBC-3, 5.16.
func parseCapacity(b []byte) (s size, long, ok bool) {
	if len(b) < capacitySize {
		return s, false, false
	}
	last := byteorder.BEUint32(b)
	s = size{uint64(last) + 1, sectorOf(byteorder.BEUint32(b[4:]))}
	return s, last == 1<<32-1, s.sector != 0
}

// parseCapacity16 reads the answer of the long form: SBC-3, 5.17.
func parseCapacity16(b []byte) (s size, ok bool) {
	if len(b) < 12 {
		return s, false
	}
	last := byteorder.BEUint64(b)
	s = size{last + 1, sectorOf(byteorder.BEUint32(b[8:]))}
	return s, s.sector != 0 && last < (1<<63-1)/uint64(s.sector)
}

// sectorOf is a sector's length, 0 if it is one that no disk has.
func sectorOf(n uint32) int {
	if n < 512 || n > 4096 || n&(n-1) != 0 {
		return 0
	}
	return int(n)
}

// A unit is one that commands go to.
type unit struct {
	*transport
	lun uint8
}

// run runs a command, and copies the data to p, or sends it from there. What it answers besides usb's errors is one of the sense's:
// it has none itself.
func (u unit) run(block []byte, p []byte, toHost, partial bool) (n int, s sense, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.memory == nil {
		return 0, s, usb.ErrGone
	}
	if !toHost {
		copy(u.data(len(p)), p)
	}
	n, err = u.do(command{lun: u.lun, block: block, n: len(p), toHost: toHost, partial: partial})
	if err == errFailed {
		return 0, u.why(), err
	}
	if err == nil && toHost {
		copy(p, u.data(n))
	}
	return n, s, err
}

// why asks for the sense of the command that failed, with the lock held: SPC-4, 6.39.
func (u unit) why() sense {
	n, err := u.do(command{lun: u.lun, block: []byte{requestSense, 0, 0, 0, senseSize, 0}, n: senseSize, toHost: true, partial: true})
	if err != nil {
		return sense{}
	}
	s, _ := parseSense(u.data(n))
	return s
}

// ask reads an answer of at most n bytes. A unit that has something else to say first is asked again: SPC-4, 5.14.
func (u unit) ask(n int, block ...byte) ([]byte, error) {
	b := make([]byte, n)
	for try := 1; ; try++ {
		n, s, err := u.run(block, b, true, true)
		if err == nil {
			return b[:n], nil
		}
		if try == attempts || err == usb.ErrGone || err == errFailed && s.key != unitAttention {
			return nil, err
		}
	}
}

// awaitReady waits until the unit has a medium that can be read. It reports false if there is none.
func (u unit) awaitReady() (bool, error) {
	for range readyTries {
		_, s, err := u.run([]byte{testUnitReady, 0, 0, 0, 0, 0}, nil, true, false)
		switch {
		case err == nil:
			return true, nil
		case err == usb.ErrGone:
			return false, err
		case s.code == codeNoMedium:
			return false, nil
		case err == errFailed && s.key == unitAttention:
			continue // it has told, and can be asked again
		}
		if !u.dev.Sleep(readyPause) {
			return false, usb.ErrGone
		}
	}
	return false, errReady
}

// readyTries is how often a disk is asked whether it is ready, and readyPause what lies between: 30 s, for disks spin up. A test's are
// shorter.
var (
	readyTries       = 300
	readyPause int64 = 100 * clock.Millisecond
)

// geometry is what the unit says of itself.
func (u unit) geometry() (g device.Geometry, err error) {
	b, err := u.ask(capacitySize, readCapacity, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if err != nil {
		return g, err
	}
	s, long, ok := parseCapacity(b)
	if ok && long {
		if b, err = u.ask(capacity16Size, serviceActionIn, readCapacityAction, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, capacity16Size, 0, 0); err != nil {
			return g, err
		}
		s, ok = parseCapacity16(b)
	}
	if !ok {
		return g, errCapacity
	}
	const allPages, writeProtected = 0x3f, 0x80
	g = device.Geometry{Size: int64(s.blocks) * int64(s.sector), Sector: s.sector, Physical: s.sector, Optimal: maxData, Volatile: true}
	// SPC-4, 7.5.6: a header, whose third byte says it. One that does not answer can be written, or says so when it is.
	if b, err := u.ask(modeSize, modeSense, 0, allPages, 0, modeSize, 0); err == nil && len(b) >= 4 {
		g.ReadOnly = b[2]&writeProtected != 0
	}
	return g, nil
}

// moveBlock is the command that reads or writes sectors: SBC-3, 5.11, 5.13, 5.40 and 5.42.
func moveBlock(at uint64, count int, toHost bool) []byte {
	op10, op16 := byte(write10), byte(write16)
	if toHost {
		op10, op16 = read10, read16
	}
	if at+uint64(count) <= 1<<32 {
		b := []byte{op10, 9: 0}
		byteorder.BEPutUint32(b[2:], uint32(at))
		byteorder.BEPutUint16(b[7:], uint16(count))
		return b
	}
	b := []byte{op16, 15: 0}
	byteorder.BEPutUint64(b[2:], at)
	byteorder.BEPutUint32(b[10:], uint32(count))
	return b
}
