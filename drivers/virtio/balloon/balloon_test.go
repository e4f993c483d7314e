//go:build !mirage

package balloon

import (
	"encoding/binary"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio/queue"
	"slices"
	"testing"
	"time"
)

func init() { retry, calm = 10*clock.Millisecond, 10*clock.Millisecond }

// Section 5.5.6.1: the balloon follows the target up and down, page numbers are of 4 KiB, and actual says what is in it.
func TestTarget(t *testing.T) {
	for _, transport := range []string{"mmio", "legacy", "pci"} {
		t.Run(transport, func(t *testing.T) {
			m := newMemory(t, 10, 2000)
			h, _ := open(t, transport, modern, 2, m)
			for _, pages := range []int{1, 0, 512, 511, 3 * 512, 2*512 + 7, 1300, 5000, 40, 0} {
				h.want(pages)
				h.settles(pages)
			}
			m.locked(func() {
				if len(m.free) != 10 || m.small != 2000 || len(m.leaving) != 0 {
					t.Errorf("%d blocks and %d pages are free in the end", len(m.free), m.small)
				}
				if m.resized == 0 {
					t.Error("nobody was told of the balloon's size")
				}
			})
		})
	}
}

// A target that stands when the driver comes is followed.
func TestTargetFromTheStart(t *testing.T) {
	m := newMemory(t, 10, 2000)
	h, _ := open(t, "mmio", modern, 2, m)
	h.want(700)
	h.settles(700)
}

// The host gets what there is, and the rest when there is more. The program is asked for it once.
func TestTargetBeyondMemory(t *testing.T) {
	m := newMemory(t, 2, 100)
	h, _ := open(t, "mmio", modern, 2, m)
	h.want(1 << 31)
	h.settles(2*512 + 100)
	clock.Sleep(5 * retry)
	m.locked(func() {
		if m.trimmed != 1 {
			t.Errorf("the program was asked %d times", m.trimmed)
		}
		m.free = append(m.free, 100*blockSize)
	})
	h.settles(3*512 + 100)
}

// Section 5.5.6.1: pages leave the balloon before the host knows only if it allows that, and does not want to be told.
func TestReclaimable(t *testing.T) {
	for offered, want := range map[uint64]bool{
		0:                                     false,
		featureTellHost:                       false,
		featureDeflateOnOOM:                   true,
		featureDeflateOnOOM | featureTellHost: false,
	} {
		m := newMemory(t, 2, 0)
		open(t, "mmio", modern|offered, 2, m)
		if m.locked(func() {
			if m.reclaimable != want {
				t.Errorf("with features %#x: %v", offered, m.reclaimable)
			}
		}); t.Failed() {
			return
		}
	}
}

// Section 5.5.6.1, with VIRTIO_BALLOON_F_MUST_TELL_HOST: pages are used again when the device has used the buffer.
func TestMustTellHost(t *testing.T) {
	m := newMemory(t, 2, 0)
	h, _ := open(t, "mmio", modern|featureTellHost, 2, m)
	h.want(512)
	h.settles(512)
	h.mu.Lock()
	h.hold = true
	h.mu.Unlock()
	h.want(0)
	eventually(t, func() bool { return len(h.has()) == 0 })
	time.Sleep(5 * time.Millisecond)
	m.locked(func() {
		if len(m.free) != 1 {
			t.Error("pages are used before the host has agreed")
		}
	})
	h.release()
	h.settles(0)
	eventually(t, func() (ok bool) { m.locked(func() { ok = len(m.free) == 2 }); return })
}

// Section 5.5.6.1, with VIRTIO_BALLOON_F_DEFLATE_ON_OOM: the host is told of what the program has taken, and gets it back
// when it can be spared.
func TestReclaimed(t *testing.T) {
	m := newMemory(t, 3, 0)
	h, _ := open(t, "mmio", modern|featureDeflateOnOOM, 2, m)
	h.want(3 * 512)
	h.settles(3 * 512)
	m.reclaim(2)
	h.settles(512)
	m.locked(func() { m.free = append(m.free, blockSize) })
	h.settles(2 * 512)
}

// Section 5.5.6.3: statistics are there from the start, and new when the device gives them back.
func TestStatistics(t *testing.T) {
	m := newMemory(t, 7, 0)
	h, _ := open(t, "mmio", modern|featureStats, 2, m)
	for free := 7; free > 4; free-- {
		eventually(t, func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.stats) == 1 })
		h.mu.Lock()
		c := h.stats[0]
		h.stats = nil
		h.mu.Unlock()
		got := map[uint16]uint64{}
		for b := c.Out[0].Bytes(); len(b) > 0; b = b[10:] {
			got[binary.LittleEndian.Uint16(b)] = binary.LittleEndian.Uint64(b[2:])
		}
		if got[tagTotal] != 100*blockSize || got[tagFree] != uint64(free)*blockSize || got[tagAvailable] != uint64(free+1)*blockSize {
			t.Errorf("statistics are %v", got)
		}
		m.locked(func() { pop(&m.free) })
		h.Use(statsQueue, c, 0)
	}
}

// Section 5.5.6.5: free blocks are named once, in buffers for the device to write, and free again when it has used them. The
// queue is number 4, or 3 on devices that count only what they have: section 5.5.2.
func TestReports(t *testing.T) {
	for _, number := range []int{3, 4} {
		for _, transport := range []string{"mmio", "legacy", "pci"} {
			m := newMemory(t, 70, 0)
			h, _ := open(t, transport, modern|featureReporting, number, m)
			h.mu.Lock()
			h.hold = true
			h.mu.Unlock()
			m.line.Raise()
			eventually(t, func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.reported) == maxReport })
			m.locked(func() {
				if len(m.unused) != 0 || len(m.lent) != maxReport {
					t.Error("blocks are free while the host has them")
				}
			})
			h.release()
			eventually(t, func() (ok bool) { m.locked(func() { ok = len(m.unused) == 70 }); return })
			m.line.Raise()
			clock.Sleep(3 * calm)
			h.mu.Lock()
			slices.Sort(h.reported)
			if len(h.reported) != 70 || len(slices.Compact(h.reported)) != 70 {
				t.Errorf("%d reports of 70 blocks", len(h.reported))
			}
			h.mu.Unlock()
		}
	}
}

func TestReportsWithoutQueue(t *testing.T) {
	m := newMemory(t, 1, 0)
	defer func() {
		if recover() == nil {
			t.Error("a device that offers reports and has no queue for them is opened")
		}
	}()
	open(fatalPanics{t}, "mmio", modern|featureReporting, 2, m)
}

// fatalPanics makes an error of Open a panic.
type fatalPanics struct{ testing.TB }

func (f fatalPanics) Fatal(args ...any) { panic(args) }

// Only what the driver serves is accepted, whatever is offered: free page hints and poison are not.
func TestFeatures(t *testing.T) {
	h, _ := open(t, "mmio", modern|0xff, 4, newMemory(t, 1, 0))
	if got := h.Accepted(); got != modern|features {
		t.Errorf("accepted %#x", got)
	}
}

// A device that says that it wrote into what it may only read is ended, and the program may no more have what it holds.
func TestDeviceThatLies(t *testing.T) {
	m := newMemory(t, 4, 0)
	h, _ := open(t, "mmio", modern|featureDeflateOnOOM, 2, m)
	failed := make(chan error, 1)
	device.SetReporter(func(_ string, err error) { failed <- err })
	h.Notified = func(i int) {
		c, _ := h.Ring(i).Pop()
		h.Use(i, c, 4)
	}
	h.want(512)
	if err := <-failed; err != queue.ErrLength {
		t.Error(err)
	}
	eventually(t, func() (ok bool) { m.locked(func() { ok = !m.reclaimable }); return })
	if h.Status() != 0 {
		t.Error("the device was not reset")
	}
}

// Programs count their allocations, and the driver's are among them: when memory becomes free it makes none.
func TestReportsDoNotAllocate(t *testing.T) {
	m := newMemory(t, 0, 0)
	_, d := open(t, "mmio", modern|featureReporting, 4, m)
	if n := testing.AllocsPerRun(100, func() { d.report.once() }); n != 0 {
		t.Errorf("%v allocations to find out that nothing is to be reported", n)
	}
}
