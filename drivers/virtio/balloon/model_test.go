//go:build !mirage

package balloon

import (
	"encoding/binary"
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/balloon"
	"internal/mirage/drivers/virtio"
	virtiommio "internal/mirage/drivers/virtio/mmio"
	virtiopci "internal/mirage/drivers/virtio/pci"
	"internal/mirage/drivers/virtio/virtiotest"
	"internal/mirage/irq"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const modern = virtio.FeatureVersion1 | virtio.FeatureEventIndex | virtio.FeatureIndirect

const blockSize = balloon.BlockPages * pageSize

// A memory is a model of the machine's memory: blocks at multiples of their size, and small pages far above.
type memory struct {
	t    testing.TB
	line *irq.Event

	mu          sync.Mutex
	free        []uint64        // blocks
	unused      []uint64        // blocks that were reported
	inBalloon   []uint64        // blocks
	leaving     map[uint64]int  // what Deflate returned, or small pages in the balloon: to be freed
	lent        map[uint64]bool // blocks that TakeUnused returned
	reclaimed   []uint64        // blocks
	small       int             // pages
	nextSmall   uint64          // an address
	reclaimable bool
	trimmed     int
	resized     int
}

func newMemory(t testing.TB, blocks, small int) *memory {
	m := &memory{t: t, line: irq.NewEvent(), small: small, nextSmall: 1 << 40, leaving: map[uint64]int{}, lent: map[uint64]bool{}}
	for i := range blocks {
		m.free = append(m.free, uint64(i+1)*blockSize)
	}
	t.Cleanup(m.line.Close)
	return m
}

func (m *memory) locked(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func pop(list *[]uint64) (addr uint64) {
	if n := len(*list); n > 0 {
		addr = (*list)[n-1]
		*list = (*list)[:n-1]
	}
	return addr
}

func (m *memory) Inflate(most int) (addr uint64, pages int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if most < 1 {
		m.t.Errorf("%d pages wanted for the balloon", most)
		return 0, 0
	}
	if most >= balloon.BlockPages {
		if addr = pop(&m.free); addr != 0 {
			m.inBalloon = append(m.inBalloon, addr)
			return addr, balloon.BlockPages
		}
	}
	if n := min(most, m.small, balloon.BlockPages/2); n > 0 {
		addr = m.nextSmall
		m.nextSmall += uint64(n) * pageSize
		m.small -= n
		m.leaving[addr] = n
		return addr, n
	}
	return 0, 0
}

func (m *memory) Deflate() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	addr := pop(&m.inBalloon)
	if addr != 0 {
		m.leaving[addr] = balloon.BlockPages
	}
	return addr
}

func (m *memory) Freed(addr uint64, pages int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leaving[addr] != pages || pages == 0 {
		m.t.Errorf("%d pages at %#x freed, of %d", pages, addr, m.leaving[addr])
	}
	delete(m.leaving, addr)
	if pages == balloon.BlockPages {
		m.free = append(m.free, addr)
	} else {
		m.small += pages
	}
}

// reclaim is the program taking blocks out of the balloon.
func (m *memory) reclaim(blocks int) {
	m.locked(func() {
		for range blocks {
			if addr := pop(&m.inBalloon); addr != 0 && m.reclaimable {
				m.reclaimed = append(m.reclaimed, addr)
			}
		}
	})
	m.line.Raise()
}

func (m *memory) Reclaimed() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return pop(&m.reclaimed)
}

func (m *memory) TakeUnused(blocks []uint64) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n < len(blocks) && len(m.free) > 0 {
		blocks[n] = pop(&m.free)
		m.lent[blocks[n]] = true
		n++
	}
	return n
}

func (m *memory) GiveUnused(blocks []uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, addr := range blocks {
		if !m.lent[addr] {
			m.t.Errorf("%#x given back, which was not taken", addr)
		}
		delete(m.lent, addr)
		m.unused = append(m.unused, addr)
	}
}

func (m *memory) SetReclaimable(may bool) { m.locked(func() { m.reclaimable = may }) }
func (m *memory) Trim()                   { m.locked(func() { m.trimmed++ }) }
func (m *memory) Resized()                { m.locked(func() { m.resized++ }) }
func (m *memory) Line() irq.Line          { return m.line }

func (m *memory) Sizes() (total, free, available uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	free = uint64(len(m.free)+len(m.unused)) * blockSize
	return 100 * blockSize, free, free + blockSize
}

// A host is a model of the device and what stands behind it: the pages that it was given.
type host struct {
	*virtiotest.Device
	t testing.TB

	mu       sync.Mutex
	pages    map[uint32]bool // in the balloon
	reported []uint64
	stats    []virtiotest.Chain // buffers with statistics that the host has
	hold     bool               // use nothing
	held     []func()
}

var inputs atomic.Uint32

// open makes a host with features on a transport, and the driver. report is the number of its queue of reports.
func open(t testing.TB, transport string, offered uint64, report int, m *memory) (*host, *Device) {
	t.Helper()
	h := &host{t: t, pages: map[uint32]bool{}}
	h.Device = &virtiotest.Device{ID: virtio.IDBalloon, Offered: offered, Config: make([]byte, 16), Max: []int{64, 64, 64, 0, 0}}
	h.Max[report] = 64
	h.Max = h.Max[:report+1]
	h.Notified = func(i int) { h.notified(i, report) }
	n := 8000 + inputs.Add(1)
	var tr virtio.Transport
	var err error
	switch transport {
	case "pci":
		tr, err = virtiopci.Open("balloon", virtiotest.Host(h.PCI(1, 6)).Scan()[0])
	case "mmio":
		tr, err = virtiommio.Open("balloon", h.MMIO(2, n), irq.Input{Number: n})
	case "legacy":
		tr, err = virtiommio.Open("balloon", h.MMIO(1, n), irq.Input{Number: n})
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(tr, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range h.Faults() {
			t.Error("the driver broke a rule:", f)
		}
		device.SetReporter(func(string, error) {})
		d.fail(errors.New("test over"))
	})
	return h, d
}

// notified takes what the driver has made available.
func (h *host) notified(i, report int) {
	r := h.Ring(i)
	for c, ok := r.Pop(); ok; c, ok = r.Pop() {
		use := func() { h.Use(i, c, 0) }
		h.mu.Lock()
		switch i {
		case inflateQueue:
			h.named(c, func(page uint32) {
				if h.pages[page] {
					h.t.Errorf("page %#x goes into the balloon, where it is", page)
				}
				h.pages[page] = true
			})
		case deflateQueue:
			h.named(c, func(page uint32) {
				if !h.pages[page] {
					h.t.Errorf("page %#x goes out of the balloon, where it is not", page)
				}
				delete(h.pages, page)
			})
		case statsQueue:
			h.stats = append(h.stats, c)
			use = func() {}
		case report:
			h.report(c)
		}
		if h.hold {
			h.held = append(h.held, use)
		} else {
			go use()
		}
		h.mu.Unlock()
	}
	r.Sleep()
}

// named calls f with the pages of an array: section 5.5.6.1.
func (h *host) named(c virtiotest.Chain, f func(page uint32)) {
	if len(c.In) > 0 || len(c.Out) != 1 || c.Out[0].Len%4 != 0 {
		h.t.Errorf("an array of pages is %+v", c)
		return
	}
	for b := c.Out[0].Bytes(); len(b) > 0; b = b[4:] {
		f(binary.LittleEndian.Uint32(b))
	}
}

// report is section 5.5.6.5: buffers for the device to write, whole blocks.
func (h *host) report(c virtiotest.Chain) {
	if len(c.Out) > 0 {
		h.t.Error("a report has a buffer to read")
	}
	for _, b := range c.In {
		if b.Addr%blockSize != 0 || b.Len != blockSize {
			h.t.Errorf("%d bytes at %#x reported", b.Len, b.Addr)
		}
		h.reported = append(h.reported, b.Addr)
	}
}

// release uses what was held.
func (h *host) release() {
	h.mu.Lock()
	held := h.held
	h.hold, h.held = false, nil
	h.mu.Unlock()
	for _, use := range held {
		use()
	}
}

// want sets the target.
func (h *host) want(pages int) {
	h.Change(func(config []byte) { binary.LittleEndian.PutUint32(config[0:], uint32(pages)) })
}

// actual is what the driver says is in the balloon.
func (h *host) actual() (pages int) {
	h.Peek(func(config []byte) { pages = int(binary.LittleEndian.Uint32(config[4:])) })
	return pages
}

// has is what is in the balloon.
func (h *host) has() []uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.pages))
}

// settles waits until the balloon has so many pages, and the driver says so.
func (h *host) settles(pages int) {
	h.t.Helper()
	eventually(h.t, func() bool { return h.actual() == pages && len(h.has()) == pages })
}

func eventually(t testing.TB, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come about")
		}
	}
}
