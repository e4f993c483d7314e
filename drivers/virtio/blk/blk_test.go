//go:build !mirage

package blk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/bus/pci"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/disk/disktest"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	virtiopci "internal/mirage/drivers/virtio/pci"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

var _ device.Block = (*Device)(nil)

// A host is the device's side of a disk.
type host struct {
	*virtiotest.Device
	medium  *disktest.Medium
	mu      sync.Mutex
	shuffle *rand.Rand // answers come in any order; nil: in order
	faults  []string
	answer  func(queue int, c virtiotest.Chain, written int) // default: Use
}

const allFeatures = features | virtio.FeatureVersion1 | virtio.FeatureIndirect | virtio.FeatureEventIndex

// config is the configuration of a disk on m: section 5.2.4.
func config(m *disktest.Medium, queues uint16) []byte {
	le, c := binary.LittleEndian, make([]byte, 60)
	le.PutUint64(c, uint64(m.Size()/512))
	le.PutUint32(c[8:], 12<<10) // size_max
	le.PutUint32(c[12:], 5)     // seg_max
	le.PutUint32(c[20:], uint32(m.Sector))
	c[24] = 3                    // physical_block_exp
	le.PutUint32(c[28:], 16)     // opt_io_size
	le.PutUint16(c[34:], queues) // num_queues
	le.PutUint32(c[36:], 600)    // max_discard_sectors
	le.PutUint32(c[40:], 1)      // max_discard_seg
	le.PutUint32(c[44:], 8)      // discard_sector_alignment
	le.PutUint32(c[48:], 700)    // max_write_zeroes_sectors
	le.PutUint32(c[52:], 1)      // max_write_zeroes_seg
	return c
}

func newHost(m *disktest.Medium, offered uint64, queues int) *host {
	if m.ReadOnly {
		offered |= featureReadOnly
	} else {
		offered &^= featureReadOnly
	}
	h := &host{medium: m, Device: &virtiotest.Device{ID: virtio.IDBlock, Offered: offered, Config: config(m, uint16(queues))}}
	for range queues {
		h.Max = append(h.Max, 128)
	}
	h.Notified = h.serve
	h.answer = func(queue int, c virtiotest.Chain, written int) { h.Use(queue, c, written) }
	return h
}

func (h *host) fault(s string) {
	h.faults = append(h.faults, s)
}

// serve answers all that is in queue i.
func (h *host) serve(i int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.Ring(i)
	if r == nil {
		return
	}
	type done struct {
		chain   virtiotest.Chain
		written int
	}
	for {
		var all []done
		for c, ok := r.Pop(); ok; c, ok = r.Pop() {
			all = append(all, done{c, h.do(c)})
		}
		if h.shuffle != nil {
			h.shuffle.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
		}
		for _, d := range all {
			h.answer(i, d.chain, d.written)
		}
		if !r.Sleep() {
			return
		}
	}
}

// do does a request (section 5.2.6) and returns how many bytes it has written.
func (h *host) do(c virtiotest.Chain) (written int) {
	le := binary.LittleEndian
	header := c.Out[0].Bytes()
	status := c.In[len(c.In)-1]
	if len(header) != 16 || status.Len != 1 || le.Uint32(header[4:]) != 0 {
		h.fault("a request of another form")
	}
	kind, off := le.Uint32(header), int64(le.Uint64(header[8:]))*512
	out, in := join(c.Out[1:]), 0
	data := c.In[:len(c.In)-1]
	if n := len(data) + len(c.Out) - 1; n > 5 && h.Accepted()&featureSegMax != 0 {
		h.fault("more segments than seg_max")
	}
	for _, b := range append(append([]virtiotest.Buffer{}, data...), c.Out[1:]...) {
		if b.Len > 12<<10 && h.Accepted()&featureSizeMax != 0 {
			h.fault("a segment longer than size_max")
		}
	}
	for _, b := range data {
		in += int(b.Len)
	}
	var err error
	buffer := make([]byte, in)
	switch kind {
	case 0:
		err = h.medium.Do(disk.Read, off, int64(in), buffer)
	case 1:
		err = h.medium.Do(disk.Write, off, int64(len(out)), out)
	case 4:
		if off != 0 || in+len(out) != 0 || h.Accepted()&featureFlush == 0 {
			h.fault("a flush of something, or that was not agreed on") // section 5.2.6.1
		}
		err = h.medium.Do(disk.Flush, 0, 0, nil)
	case 8:
		if in != 20 {
			h.fault("a name of another length")
		}
		err = h.medium.Do(disk.Identify, 0, 20, buffer)
	case 11, 13:
		err = h.clear(kind, out)
	default:
		err = device.ErrUnsupported
	}
	if err == nil {
		for _, b := range data {
			buffer = buffer[copy(b.Bytes(), buffer):]
			written += int(b.Len)
		}
	}
	status.Bytes()[0] = map[error]byte{nil: 0, device.ErrIO: 1, device.ErrUnsupported: 2}[err]
	return written + 1
}

// clear discards or zeroes: section 5.2.6.1 and 5.2.6.2.
func (h *host) clear(kind uint32, out []byte) error {
	le := binary.LittleEndian
	if len(out) != 16 {
		h.fault("not one range to discard or zero")
		return device.ErrIO
	}
	off, count, flags := int64(le.Uint64(out))*512, le.Uint32(out[8:]), le.Uint32(out[12:])
	op := disk.Discard
	if kind == 13 {
		op = disk.Zero + disk.Op(flags&1)
	}
	if flags&^1 != 0 || kind == 11 && (flags != 0 || count > 600) || count > 700 {
		h.fault("a range that is too long, or with flags that are none")
	}
	return h.medium.Do(op, off, int64(count)*512, nil)
}

func join(buffers []virtiotest.Buffer) (all []byte) {
	for _, b := range buffers {
		all = append(all, b.Bytes()...)
	}
	return all
}

// lines numbers the interrupt inputs of tests.
var lines atomic.Uint32

func (h *host) check(t *testing.T) {
	t.Cleanup(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, f := range append(h.Device.Faults(), h.faults...) {
			t.Error("the driver broke a rule:", f)
		}
	})
}

// mmio opens the disk on registers in memory.
func (h *host) mmio(t *testing.T, version int) (*Device, error) {
	h.check(t)
	n := 5000 + lines.Add(1)
	tr, err := virtiommio.Open("vda", h.MMIO(version, n), irq.Input{Number: n})
	if err != nil {
		t.Fatal(err)
	}
	return Open(tr, "vda")
}

func (h *host) pci(t *testing.T) (*Device, error) {
	h.check(t)
	front := h.PCI(4, len(h.Max)+1)
	var found []*pci.Function = virtiotest.Host(front).Scan()
	tr, err := virtiopci.Open("vda", found[0])
	if err != nil {
		t.Fatal(err)
	}
	return Open(tr, "vda")
}

func opened(t *testing.T, d *Device, err error) *Device {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSuite(t *testing.T) {
	for name, open := range map[string]func(*testing.T, *disktest.Medium) (*Device, error){
		"mmio": func(t *testing.T, m *disktest.Medium) (*Device, error) { return newHost(m, allFeatures, 1).mmio(t, 2) },
		"legacy": func(t *testing.T, m *disktest.Medium) (*Device, error) {
			return newHost(m, allFeatures&^virtio.FeatureVersion1, 1).mmio(t, 1)
		},
		"pci": func(t *testing.T, m *disktest.Medium) (*Device, error) { return newHost(m, allFeatures, 4).pci(t) },
		"direct": func(t *testing.T, m *disktest.Medium) (*Device, error) {
			return newHost(m, allFeatures&^(virtio.FeatureIndirect|virtio.FeatureEventIndex), 2).pci(t)
		},
		"plain": func(t *testing.T, m *disktest.Medium) (*Device, error) {
			return newHost(m, featureFlush|featureSector|virtio.FeatureVersion1, 1).mmio(t, 2)
		},
		"shuffled": func(t *testing.T, m *disktest.Medium) (*Device, error) {
			h := newHost(m, allFeatures, 2)
			h.shuffle = rand.New(rand.NewPCG(1, 2))
			return h.pci(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			disktest.Run(t, func(t *testing.T, m *disktest.Medium) device.Block {
				d, err := open(t, m)
				return opened(t, d, err)
			})
		})
	}
}

// Section 5.2.6.1: no request is longer than size_max and seg_max allow, and none shorter than it needs to be.
func TestTransferIsAsLongAsTheDeviceAllows(t *testing.T) {
	m := disktest.NewMedium(4096, 512)
	d, err := newHost(m, allFeatures, 1).mmio(t, 2)
	if err := opened(t, d, err).ReadAt(make([]byte, 1<<20), 0); err != nil {
		t.Fatal(err)
	}
	if m.Longest() != 60<<10 {
		t.Errorf("%d bytes at most", m.Longest())
	}
}

// Section 5.2.4, 5.2.5.
func TestConfiguration(t *testing.T) {
	m := disktest.NewMedium(4096, 512)
	h := newHost(m, allFeatures, 1)
	d, err := h.mmio(t, 2)
	g := opened(t, d, err).Geometry()
	if g.Physical != 4096 || g.Optimal != 16*512 || g.MaxDiscard != 600*512 || g.DiscardUnit != 8*512 || !g.CanZero {
		t.Errorf("%+v", g)
	}
	for name, test := range map[string]struct {
		at, width int
		v         uint64
		want      error
	}{
		"sector of 0":     {20, 4, 0, errSector},
		"sector of 3":     {20, 4, 768, errSector},
		"sector of 1 MiB": {20, 4, 1 << 20, errSector},
		"size":            {0, 8, 1 << 54, errCapacity},
		"segment of 0":    {8, 4, 0, errSegment},
		"segment of 100":  {8, 4, 100, errSegment},
	} {
		h := newHost(m, allFeatures, 1)
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], test.v)
		copy(h.Config[test.at:test.at+test.width], b[:])
		if _, err := h.mmio(t, 2); err != test.want {
			t.Errorf("%s: %v", name, err)
		} else if h.Status()&virtio.StatusFailed == 0 {
			t.Errorf("%s: the device is not told that the driver has given up", name)
		}
	}
}

// Section 5.2.5.2: the size may change while the disk is in use.
func TestResize(t *testing.T) {
	m := disktest.NewMedium(4096, 512)
	h := newHost(m, allFeatures, 1)
	d, err := h.mmio(t, 2)
	opened(t, d, err)
	h.Change(func(c []byte) { binary.LittleEndian.PutUint64(c, 100) })
	for d.Geometry().Size != 51200 {
		irqSettle()
	}
	if err := d.ReadAt(make([]byte, 512), 51200); err != device.ErrRange {
		t.Error(err)
	}
}

func irqSettle() { <-settled() }

// settled returns what is ready once other goroutines had a chance.
func settled() <-chan struct{} {
	c := make(chan struct{})
	go close(c)
	return c
}

func TestSerial(t *testing.T) {
	m := disktest.NewMedium(64, 512)
	d, err := newHost(m, allFeatures, 1).mmio(t, 2)
	opened(t, d, err)
	for d.Geometry().Serial == "" {
		irqSettle()
	}
	if s := d.Geometry().Serial; s != disktest.Serial {
		t.Errorf("%q", s)
	}
}

// Each of these costs the request alone.
func TestAnswersThatAreWrong(t *testing.T) {
	for name, test := range map[string]struct {
		status  byte
		written int
		want    error
	}{
		"error":        {1, 1, device.ErrIO},
		"unsupported":  {2, 1, device.ErrUnsupported},
		"no status":    {3, 513, errStatus},
		"not written":  {0xff, 513, errStatus},
		"short":        {0, 512, nil}, // all of the data: section 2.7.8.2 asks for no more of us to check
		"shorter":      {0, 511, errShort},
		"nothing read": {0, 0, errShort},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(disktest.NewMedium(64, 512), allFeatures&^(featureFlush), 1)
			d, err := h.mmio(t, 2)
			opened(t, d, err)
			for d.Geometry().Serial == "" { // the only other request
				irqSettle()
			}
			h.mu.Lock()
			h.answer = func(q int, c virtiotest.Chain, written int) {
				c.In[len(c.In)-1].Bytes()[0] = test.status
				h.Use(q, c, test.written)
				h.answer = func(q int, c virtiotest.Chain, written int) { h.Use(q, c, written) }
			}
			h.mu.Unlock()
			b := bytes.Repeat([]byte{7}, 512)
			if err := d.ReadAt(b, 0); err != test.want {
				t.Error(err)
			}
			if err := d.ReadAt(b, 512); err != nil {
				t.Error("the next one:", err)
			}
		})
	}
}

// What breaks the ring ends the disk: who waits, and who comes, gets an error, and the device is reset before.
func TestDeviceThatBreaksItsRing(t *testing.T) {
	for name, answer := range map[string]func(h *host, q int, c virtiotest.Chain){
		"id out of range": func(h *host, q int, c virtiotest.Chain) { h.UseAll(q, virtiotest.Element{ID: 999, Written: 1}) },
		"id twice": func(h *host, q int, c virtiotest.Chain) {
			h.UseAll(q, virtiotest.Element{ID: uint32(c.Head), Written: 513}, virtiotest.Element{ID: uint32(c.Head), Written: 513})
		},
		"too much written": func(h *host, q int, c virtiotest.Chain) { h.Use(q, c, 514) },
		"needs reset": func(h *host, q int, c virtiotest.Chain) {
			h.SetStatus(h.Status() | virtio.StatusNeedsReset)
			h.Interrupt(-1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(disktest.NewMedium(64, 512), allFeatures, 1)
			d, err := h.mmio(t, 2)
			opened(t, d, err)
			for d.Geometry().Serial == "" {
				irqSettle()
			}
			h.mu.Lock()
			h.answer = func(q int, c virtiotest.Chain, _ int) { answer(h, q, c) }
			h.mu.Unlock()
			err = d.ReadAt(make([]byte, 512), 0)
			// The first of two answers may still be a good one.
			if err != device.ErrGone && !(name == "id twice" && err == nil) {
				t.Error(err)
			}
			for err == nil {
				err = d.ReadAt(make([]byte, 512), 0)
			}
			if err := d.WriteAt(make([]byte, 512), 0); err != device.ErrGone {
				t.Error("the disk goes on:", err)
			}
			if h.Status() != 0 {
				t.Error("the device was not reset")
			}
		})
	}
}

// A queue that cannot hold a request is said to be so.
func TestQueueTooSmall(t *testing.T) {
	h := newHost(disktest.NewMedium(64, 512), allFeatures, 1)
	h.Max[0] = 2
	if _, err := h.mmio(t, 2); err == nil || errors.Is(err, queue.ErrIndex) {
		t.Error(err)
	}
	h = newHost(disktest.NewMedium(64, 512), allFeatures, 1)
	h.Max[0] = 0
	if _, err := h.mmio(t, 2); err == nil {
		t.Error("a disk without a queue")
	}
}
