//go:build !mirage

package blkfront

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/drivers/disk/disktest"
	xenring "internal/mirage/drivers/xen/ring"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var _ device.Block = (*Device)(nil)

// full is what a back end offers that has everything.
var full = []string{
	"feature-flush-cache", "1", "feature-discard", "1", "discard-granularity", "4096", "feature-persistent", "1",
	"feature-max-indirect-segments", "256", "max-ring-page-order", "4", "multi-queue-max-queues", "4", "physical-sector-size", "4096",
}

func TestSuite(t *testing.T) {
	for name, settings := range map[string][]string{
		"full": full, "plain": {"feature-flush-cache", "1"}, "some": {"feature-flush-cache", "1", "feature-max-indirect-segments", "20"},
	} {
		t.Run(name, func(t *testing.T) {
			disktest.Run(t, func(t *testing.T, m *disktest.Medium) device.Block { return newBack(t, m, settings...).mustOpen() })
		})
	}
	t.Run("shuffled", func(t *testing.T) {
		disktest.Run(t, func(t *testing.T, m *disktest.Medium) device.Block {
			b := newBack(t, m, full...)
			b.shuffle = rand.New(rand.NewPCG(3, 4))
			return b.mustOpen()
		})
	})
}

func TestGeometry(t *testing.T) {
	b := newBack(t, disktest.NewMedium(4096, 512), full...)
	d := b.mustOpen()
	if g := d.Geometry(); d.Name() != "xvda" || g.Physical != 4096 || g.DiscardUnit != 4096 || g.MaxDiscard == 0 || g.CanZero {
		t.Errorf("%s %+v", d.Name(), g)
	}
	if err := d.ReadAt(make([]byte, 1<<20), 0); err != nil || b.medium.Longest() != 128<<10 {
		t.Errorf("%v, %d bytes at most", err, b.medium.Longest())
	}
	// The size may change: the back end says it, and that it is connected, again.
	b.store.Set(backend+"/sectors", "100")
	b.store.Set(backend+"/state", "4")
	for d.Geometry().Size != 51200 {
		runtime.Gosched()
	}
}

func TestBackEndThatMakesNoSense(t *testing.T) {
	for name, test := range map[string]struct {
		m    *disktest.Medium
		want error
	}{
		"sector":       {&disktest.Medium{Sector: 100}, errSector},
		"large sector": {&disktest.Medium{Sector: 8192}, errSector},
	} {
		b := newBack(t, test.m)
		if _, err := b.open(); err != test.want {
			t.Errorf("%s: %v", name, err)
		}
		if n := b.domain.Grants(); n != 0 {
			t.Errorf("%s: %d pages stay shared", name, n)
		}
		if b.store.Get(front+"/state") != "6" {
			t.Errorf("%s: the back end is not told that this is all", name)
		}
	}
}

// What breaks a rule ends the disk, for all who wait, and nothing stays shared.
func TestHostileBackEnd(t *testing.T) {
	for name, answer := range map[string]func(b *back, q int, id uint64, op, status uint32){
		"unknown name":   func(b *back, q int, id uint64, op, status uint32) { b.put(q, 60, op, status) },
		"large name":     func(b *back, q int, id uint64, op, status uint32) { b.put(q, id|1<<32, op, status) },
		"name of 16 bit": func(b *back, q int, id uint64, op, status uint32) { b.put(q, 1<<16|id, op, status) },
		"twice":          func(b *back, q int, id uint64, op, status uint32) { b.put(q, id, op, status); b.put(q, id, op, status) },
		"index": func(b *back, q int, id uint64, op, status uint32) {
			for range 100 {
				b.put(q, id, op, status)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBack(t, disktest.NewMedium(64, 512), "feature-flush-cache", "1")
			said := make(chan error, 10)
			device.SetReporter(func(_ string, err error) { said <- err })
			d := b.mustOpen()
			b.mu.Lock()
			b.answer = func(q int, id uint64, op, status uint32) { answer(b, q, id, op, status) }
			b.mu.Unlock()
			var err error
			for err == nil {
				err = d.ReadAt(make([]byte, 4096), 0)
			}
			if err != device.ErrGone {
				t.Error(err)
			}
			if err := <-said; err != xenring.ErrID && err != xenring.ErrIndex {
				t.Error("said:", err)
			}
			if n := b.domain.Grants(); n != 0 {
				t.Errorf("%d pages stay shared", n)
			}
		})
	}
}

func TestStatusThatIsNone(t *testing.T) {
	b := newBack(t, disktest.NewMedium(64, 512))
	d := b.mustOpen()
	b.mu.Lock()
	b.answer = func(q int, id uint64, op, status uint32) { b.put(q, id, op, 7) }
	b.mu.Unlock()
	if err := d.ReadAt(make([]byte, 4096), 0); err != errStatus {
		t.Error(err)
	}
}

// enum xenbus_state: a back end closes and comes back. What was under way is done then, and what is written stays written.
func TestBackEndThatComesBack(t *testing.T) {
	for _, how := range []string{"closing", "closed", "crashed"} {
		t.Run(how, func(t *testing.T) {
			b := newBack(t, disktest.NewMedium(4096, 512), full...)
			d := b.mustOpen()
			want := b.medium.Bytes()
			for turn := range 5 {
				b.mu.Lock()
				b.quiet = true
				b.mu.Unlock()
				var all sync.WaitGroup
				for w := range 20 {
					piece := bytes.Repeat([]byte{byte(20*turn + w + 1)}, 100<<10)
					copy(want[w*(100<<10):], piece)
					all.Go(func() {
						if err := d.WriteAt(piece, int64(w)*(100<<10)); err != nil {
							t.Error(err)
						}
					})
				}
				for b.requests() == 0 {
					runtime.Gosched()
				}
				b.leave(how)
				b.attach()
				all.Wait()
				got := make([]byte, len(want))
				if err := d.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("turn %d: %v, or other data", turn, err)
				}
			}
		})
	}
}

// requests is how many the driver has made that were not taken.
func (b *back) requests() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rings {
		n += r.Requests()
	}
	return n
}

// leave closes the back end, and has it be ready for another connection.
func (b *back) leave(how string) {
	if how != "crashed" {
		b.store.Set(backend+"/state", map[string]string{"closing": "5", "closed": "6"}[how])
		for s := b.store.Get(front + "/state"); s != "6" && s != "1"; s = b.store.Get(front + "/state") {
			runtime.Gosched()
		}
		b.store.Set(backend+"/state", "6")
		b.await("1")
	} else {
		b.store.Set(front+"/state", "1") // so that the model sees the next 3
	}
	b.mu.Lock()
	b.rings, b.quiet = nil, false
	b.mu.Unlock()
	b.store.Set(backend+"/state", "2")
	b.await("3")
}

// A back end that goes for good takes nothing of ours with it: a thousand disks come and go.
func TestAttachAndDetach(t *testing.T) {
	cycles := 1000
	if testing.Short() {
		cycles = 50
	}
	b := newBack(t, disktest.NewMedium(256, 512), full...)
	device.SetReporter(func(string, error) {})
	ports := 0 // but for the disk's
	for i := range cycles {
		d, err := b.open()
		if err != nil {
			t.Fatalf("disk %d: %v", i, err)
		}
		if i == 0 {
			ports = b.domain.Ports() - len(d.rings)
		}
		if err := d.WriteAt(make([]byte, 64<<10), 0); err != nil {
			t.Fatalf("disk %d: %v", i, err)
		}
		if i%2 == 0 {
			b.store.Set(backend+"/online", "0")
			b.store.Set(backend+"/state", "5")
		} else {
			b.store.Delete(backend + "/state")
		}
		for d.ReadAt(make([]byte, 512), 0) == nil {
			runtime.Gosched()
		}
		b.await("6")
		// The driver may still be at it, for another ring.
		for end := time.Now().Add(20 * time.Second); b.domain.Grants() != 0 || b.domain.Ports() != ports || b.store.Watches() > 0; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatalf("disk %d: %d pages stay shared, of %d event channels %d", i, b.domain.Grants(), ports, b.domain.Ports())
			}
		}
		b.store.Set(front+"/state", "1")
		b.store.Set(backend+"/online", "1")
		b.store.Set(backend+"/state", "2")
	}
}

// A back end that keeps pages mapped: their memory is used by nobody until it lets go of them.
func TestPagesThatStayMapped(t *testing.T) {
	b := newBack(t, disktest.NewMedium(256, 512), "feature-persistent", "1")
	device.SetReporter(func(string, error) {})
	d := b.mustOpen()
	if err := d.WriteAt(bytes.Repeat([]byte{9}, 4096), 0); err != nil {
		t.Fatal(err)
	}
	m := d.rings[0].slots[0].pages[0]
	ref, addr := m.Ref(0), m.Addr()
	b.domain.SetMapped(ref, true)
	d.Fail(errGone)
	if page, _ := b.domain.Grant(ref); page == nil {
		t.Error("the right to a page that is mapped has ended")
	}
	for range 20 {
		if m, err := b.grants.Alloc(3, 4096, true); err != nil || m.Addr() == addr {
			t.Errorf("%v, or memory that the other side has mapped is used again", err)
		}
	}
	b.domain.SetMapped(ref, false)
	before := b.domain.Grants()
	b.grants.Alloc(3, 4096, true)
	if n := b.domain.Grants(); n != before {
		t.Errorf("%d rights, want %d: one less and one more", n, before)
	}
}

// A grant table that is full is an error of the request that needs more, and of no other.
func TestGrantTableFull(t *testing.T) {
	b := newBack(t, disktest.NewMedium(4096, 512), "feature-max-indirect-segments", "32")
	b.domain.MaxFrames = 1
	d := b.mustOpen()
	for {
		if _, err := b.grants.Alloc(3, 4096, false); err != nil {
			break
		}
	}
	if err := d.ReadAt(make([]byte, 4096), 0); err == nil || err == device.ErrGone {
		t.Error("a read without a page to share:", err)
	}
	if err := d.Flush(); err != nil {
		t.Error(err)
	}
}

// What is shared holds what goes to the disk and comes from it, and else zeros, whatever was in that memory before.
func TestNothingStaleIsShared(t *testing.T) {
	b := newBack(t, disktest.NewMedium(4096, 512), full...)
	d := b.mustOpen()
	piece := bytes.Repeat([]byte{0xaa}, 64<<10)
	for off := int64(0); off < b.medium.Size(); off += int64(len(piece)) {
		if err := d.WriteAt(piece, off); err != nil {
			t.Fatal(err)
		}
	}
	for n := 512; n < 40000; n += 1536 {
		if err := d.ReadAt(make([]byte, n&^511), 512); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range d.rings {
		for i := range r.slots {
			for _, m := range r.slots[i].pages {
				if page, _ := b.domain.Grant(m.Ref(0)); len(bytes.Trim(page, "\x00\xaa")) > 0 {
					t.Fatal("something else is shared")
				}
			}
		}
	}
}

func TestNames(t *testing.T) {
	for n, want := range map[uint32]string{
		51712: "xvda", 51713: "xvda1", 51728: "xvdb", 51952: "xvdp", 1<<28 | 16<<8: "xvdq", 1<<28 | 26<<8 | 3: "xvdaa3", 768: "xvda",
		832: "xvdb", 5632: "xvdc", 2048: "xvda", 2081: "xvdc1", 1 << 29: "", 99999: "", 0: "",
	} {
		if got := diskName(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestNumberThatIsNone(t *testing.T) {
	b := newBack(t, disktest.NewMedium(64, 512))
	for _, key := range []string{"backend", "backend-id"} {
		b.store.Set(strings.Replace(front, "51712", "nodisk", 1)+"/"+key, b.store.Get(front+"/"+key))
		b.store.Delete(front + "/" + key)
	}
	if _, err := b.open(); err != errNumber {
		t.Error(err)
	}
}
