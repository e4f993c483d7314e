//go:build !mirage

package storage

import (
	"bytes"
	"internal/byteorder"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"testing"
)

// quiet takes what is reported.
func quiet(t testing.TB) chan error {
	said := make(chan error, 100)
	device.SetReporter(func(_ string, err error) { said <- err })
	t.Cleanup(func() { device.SetReporter(func(string, error) {}) })
	return said
}

func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}

// try writes and reads at a disk, and looks at what is in the stick.
func try(t *testing.T, s *stick, d device.Block) {
	t.Helper()
	p := pattern(300 * 512)
	if err := d.WriteAt(p, 7*512); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(p))
	if err := d.ReadAt(got, 7*512); err != nil || !bytes.Equal(got, p) || !bytes.Equal(s.store[7*512:][:len(p)], p) {
		t.Fatalf("what is read is not what was written: %v", err)
	}
	synced := s.synced
	if err := d.Flush(); err != nil || s.synced != synced+1 {
		t.Errorf("%d flushes reached the disk, %v", s.synced-synced, err)
	}
}

func TestDisk(t *testing.T) {
	s := newStick(t, 1000)
	host, d := plug(t, s)
	want := device.Geometry{Size: 512000, Sector: 512, Physical: 512, Optimal: maxData, Volatile: true, Serial: "0123456789AB"}
	if d.Name() != "sda" || d.Geometry() != want {
		t.Errorf("%s: %+v", d.Name(), d.Geometry())
	}
	try(t, s, d)
	for _, bad := range []struct {
		off int64
		n   int
	}{{1, 512}, {0, 100}, {-512, 512}, {999 * 512, 1024}, {1000 * 512, 512}} {
		if d.ReadAt(make([]byte, bad.n), bad.off) != device.ErrRange || d.WriteAt(make([]byte, bad.n), bad.off) != device.ErrRange {
			t.Errorf("%v is in the disk", bad)
		}
	}
	// Unplugged it is gone, and its name is the next one's.
	host.Plug(nil)
	if <-gone != d || d.ReadAt(make([]byte, 512), 0) != device.ErrGone || d.Flush() != device.ErrGone {
		t.Error("the disk answers still")
	}
	next := newStick(t, 1000)
	host.Plug(next.Device)
	d = <-blocks
	if d.Name() != "sda" {
		t.Errorf("the next disk is %s", d.Name())
	}
	try(t, next, d)
	usbtest.NoFaults(t, s.Device, next.Device)
	host.Plug(nil)
	<-gone
}

// BOT 3.2: each unit is a disk.
func TestUnits(t *testing.T) {
	s := newStick(t, 1000)
	s.units = 2
	host, a := plug(t, s)
	b := <-blocks
	if a.Name() != "sda" || b.Name() != "sdb" {
		t.Errorf("%s and %s", a.Name(), b.Name())
	}
	host.Plug(nil)
	<-gone
	<-gone
}

// BOT 5.3 and 6.3 to 6.7: whatever goes wrong with a command, once, the transport is made good and the command is done.
func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault  fault
		resets int
	}{
		"wrong tag":              {wrongTag, 1},
		"wrong signature":        {wrongSignature, 1},
		"short status":           {shortStatus, 1},
		"status stalls once":     {statusStalls, 0},
		"data stalls":            {dataStalls, 1},
		"data is short":          {dataShort, 1},
		"too much data":          {tooMuch, 1},
		"phase error":            {phaseWrong, 1},
		"residue beyond the end": {residueTooLarge, 1},
		"not meaningful":         {notMeaningful, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStick(t, 1000)
			host, d := plug(t, s)
			copy(s.store, pattern(len(s.store)))
			spoilt := 0
			s.mu.Lock()
			s.spoil = func(s *stick, block []byte) fault {
				if block[0] == read10 && spoilt == 0 {
					spoilt++
					return test.fault
				}
				return none
			}
			s.mu.Unlock()
			p := make([]byte, 100*512)
			if err := d.ReadAt(p, 512); err != nil || !bytes.Equal(p, s.store[512:][:len(p)]) {
				t.Errorf("reading: %v", err)
			}
			if spoilt != 1 || s.resets != test.resets {
				t.Errorf("%d commands spoilt, %d resets", spoilt, s.resets)
			}
			try(t, s, d)
			usbtest.NoFaults(t, s.Device)
			host.Plug(nil)
			<-gone
		})
	}
}

// One that never makes sense again is given up, which is said once.
func TestHopeless(t *testing.T) {
	said := quiet(t)
	s := newStick(t, 1000)
	host, d := plug(t, s)
	s.mu.Lock()
	s.spoil = func(*stick, []byte) fault { return wrongTag }
	s.mu.Unlock()
	for range 3 {
		if err := d.ReadAt(make([]byte, 512), 0); err != device.ErrGone {
			t.Error(err)
		}
	}
	if <-gone; len(said) != 1 || <-said != errPhase || s.resets != attempts {
		t.Errorf("%d words about it, %d resets", len(said), s.resets)
	}
	host.Plug(nil)
}

// What a sense means: SPC-4, 4.5.6.
func TestSense(t *testing.T) {
	said := quiet(t)
	for _, test := range []struct {
		name  string
		why   sense
		times int // that the command fails
		want  error
	}{
		{"unit attention", sense{unitAttention, 0x29}, 1, nil},
		{"not ready for a moment", sense{notReady, 4}, 2, nil},
		{"not ready", sense{notReady, 4}, 9, device.ErrIO},
		{"a sector that reads the second time", sense{3, 0x11}, 1, nil},
		{"a sector that does not read", sense{3, 0x11}, 9, device.ErrIO},
		{"recovered", sense{recovered, 0x17}, 1, nil},
		{"protected", sense{dataProtect, 0x27}, 9, device.ErrReadOnly},
		{"unknown", sense{illegalRequest, 0x20}, 9, device.ErrUnsupported},
		{"changed", sense{unitAttention, codeChanged}, 1, device.ErrGone},
		{"taken out", sense{notReady, codeNoMedium}, 1, device.ErrGone},
	} {
		s := newStick(t, 1000)
		host, d := plug(t, s)
		s.mu.Lock()
		s.scsi = func(block []byte) ([]byte, sense, bool) {
			if block[0] != read10 || test.times == 0 {
				return nil, sense{}, false
			}
			test.times--
			return nil, test.why, true
		}
		s.mu.Unlock()
		if err := d.ReadAt(make([]byte, 512), 0); err != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
		if s.resets != 0 {
			t.Errorf("%s: %d resets", test.name, s.resets)
		}
		if host.Plug(nil); <-gone != d {
			t.Error("another disk is gone")
		}
	}
	if len(said) != 2 || <-said != errChanged {
		t.Errorf("%d words", len(said))
	}
}

// What a disk says before it is one: SPC-4, 6.6, SBC-3, 5.16 and 5.17.
func TestBringUp(t *testing.T) {
	capacity := func(last, sector uint32) []byte {
		return byteorder.BEAppendUint32(byteorder.BEAppendUint32(nil, last), sector)
	}
	for _, test := range []struct {
		name   string
		op     byte
		answer []byte
		why    sense
		want   error // nil: no disk, and nothing is said
	}{
		{"a CD drive", inquiry, append([]byte{5, 0x80, 0, 0, 31}, make([]byte, 31)...), sense{}, nil},
		{"an empty drive", testUnitReady, nil, sense{notReady, codeNoMedium}, nil},
		{"sectors of 500 bytes", readCapacity, capacity(1000, 500), sense{}, errCapacity},
		{"sectors of 8 KiB", readCapacity, capacity(1000, 8192), sense{}, errCapacity},
		{"a short answer", readCapacity, capacity(1000, 512)[:7], sense{}, errCapacity},
		{"no long form", readCapacity, capacity(1<<32-1, 512), sense{}, errFailed},
	} {
		said := quiet(t)
		s := newStick(t, 10)
		s.scsi = func(block []byte) ([]byte, sense, bool) { return test.answer, test.why, block[0] == test.op }
		host := usbtest.NewHost()
		host.Plug(s.Device)
		usb.Start(host, Driver).Settle(60e9)
		if len(blocks) != 0 {
			t.Errorf("%s: it is a disk", test.name)
			<-blocks
		}
		if test.want != nil {
			if err := <-said; err != test.want {
				t.Errorf("%s: %v", test.name, err)
			}
		} else if len(said) != 0 {
			t.Errorf("%s: %v", test.name, <-said)
		}
		host.Close()
	}
}

// A disk of more than 2 TiB is asked, and addressed, by 16-byte commands; one that is protected says so.
func TestLargeAndProtected(t *testing.T) {
	s := newStick(t, 10)
	long := make([]byte, 32)
	byteorder.BEPutUint64(long, 1<<33-1)
	byteorder.BEPutUint32(long[8:], 512)
	last := []byte(nil)
	s.scsi = func(block []byte) ([]byte, sense, bool) {
		switch block[0] {
		case readCapacity:
			return []byte{255, 255, 255, 255, 0, 0, 2, 0}, sense{}, true
		case serviceActionIn:
			return long, sense{}, true
		case read16:
			last = bytes.Clone(block)
			return make([]byte, s.want), sense{}, true
		case modeSense:
			return []byte{3, 0, 0x80, 0}, sense{}, true
		}
		return nil, sense{}, false
	}
	host, d := plug(t, s)
	if g := d.Geometry(); g.Size != 1<<42 || !g.ReadOnly || d.WriteAt(make([]byte, 512), 0) != device.ErrReadOnly {
		t.Errorf("%+v", g)
	}
	if err := d.ReadAt(make([]byte, 1024), 1<<41); err != nil || !bytes.Equal(last, []byte{read16, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0}) {
		t.Errorf("%v, % x", err, last)
	}
	host.Plug(nil)
	<-gone
}

// A stick that is pulled out in the middle of a transfer ends it.
func TestUnplugged(t *testing.T) {
	quiet(t)
	s := newStick(t, 1000)
	host, d := plug(t, s)
	s.mu.Lock()
	s.spoil = func(_ *stick, block []byte) fault {
		if block[0] == write10 {
			host.Plug(nil)
		}
		return none
	}
	s.mu.Unlock()
	if err := d.WriteAt(pattern(100*512), 0); err != device.ErrGone {
		t.Error(err)
	}
	<-gone
}

// Whatever a device answers, the driver ends, and what is read lies in what was asked for.
func FuzzHostileDisk(f *testing.F) {
	f.Add([]byte{0, 0x80, 2, 2, 31, 0, 0, 0, 0})
	f.Add(byteorder.BEAppendUint32([]byte{0, 0, 3, 0xff}, 512))
	device.SetReporter(func(string, error) {})
	defer clock.Hurry(100)() // each stick has 120 ms to settle
	f.Fuzz(func(t *testing.T, b []byte) {
		at := 0
		take := func(n int) []byte {
			p := make([]byte, n)
			if len(b) > 0 {
				for i := range p {
					p[i] = b[(at+i)%len(b)]
				}
				at += n
			}
			return p
		}
		s := newStick(t, 64)
		s.t = discard{t}
		commands := 0
		s.spoil = func(s *stick, block []byte) fault {
			commands++
			if commands > 40 {
				return none
			}
			return fault(take(1)[0]) % (notMeaningful + 1)
		}
		s.scsi = func(block []byte) ([]byte, sense, bool) {
			switch v := take(1)[0]; {
			case v < 128:
				return nil, sense{}, false
			case v < 160:
				return nil, sense{v & 7, take(1)[0]}, true
			}
			return take(s.want), sense{}, true
		}
		host := usbtest.NewHost()
		host.Plug(s.Device)
		usb.Start(host, Driver).Settle(60e9)
		select {
		case d := <-blocks:
			g := d.Geometry()
			p := make([]byte, min(g.Size, int64(2*g.Sector)))
			d.ReadAt(p, 0)
			if !g.ReadOnly {
				d.WriteAt(p, 0)
			}
			d.Flush()
			host.Plug(nil)
			<-gone
		default:
			host.Plug(nil)
		}
	})
}

// discard is a test that the model of a device that lies need not report to.
type discard struct{ testing.TB }

func (discard) Errorf(string, ...any) {}

// Whatever is parsed is within bounds.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0})
	f.Add(append([]byte("USBS\x01\x00\x00\x00"), 0, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, ok := parseSense(b); ok && s.key > 15 {
			t.Error(s)
		}
		if s, ok := parseCapacity16(b); ok && (int64(s.blocks) < 0 || int64(s.blocks)*int64(s.sector)/int64(s.sector) != int64(s.blocks)) {
			t.Errorf("%+v overflows", s)
		}
		if s, _, ok := parseCapacity(b); ok && (s.blocks == 0 || s.sector < 512) {
			t.Errorf("%+v", s)
		}
		parseInquiry(b)
		parseStatus(b, 1)
	})
}
