//go:build !mirage

package balloon

import (
	"fmt"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/balloon"
	"internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/xentest"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

const blocks = 64 // of the machine

// A machine is a model of its memory and of Xen's.
type machine struct {
	t testing.TB

	mu      sync.Mutex
	free    []uint64
	balloon []uint64
	absent  map[uint64]bool // pages that Xen has
	spare   int             // pages that Xen has for the machine, -1: any number
}

func newMachine(t testing.TB) *machine {
	m := &machine{t: t, absent: map[uint64]bool{}, spare: -1}
	for i := range blocks {
		m.free = append(m.free, uint64(i+1)*balloon.BlockPages*balloon.PageSize)
	}
	return m
}

func (m *machine) Inflate(most int) (uint64, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.free)
	if n == 0 || most < balloon.BlockPages {
		return 0, 0
	}
	addr := m.free[n-1]
	m.free = m.free[:n-1]
	m.balloon = append(m.balloon, addr)
	return addr, balloon.BlockPages
}

func (m *machine) Deflate() (addr uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.balloon); n > 0 {
		addr = m.balloon[n-1]
		m.balloon = m.balloon[:n-1]
	}
	return addr
}

func (m *machine) Freed(addr uint64, pages int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range uint64(pages) {
		if m.absent[addr/balloon.PageSize+i] {
			m.t.Errorf("page %#x is used, and Xen has it", addr/balloon.PageSize+i)
			return
		}
	}
	m.free = append(m.free, addr)
}

func (m *machine) SetReclaimable(may bool) {
	if may {
		m.t.Error("memory that is not there is to be had")
	}
}
func (m *machine) Reclaimed() uint64 { return 0 }
func (m *machine) Resized()          {}
func (m *machine) Trim()             {}

func (m *machine) Release(list *dma.Memory, n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range n {
		page := list.Load64(8 * i)
		if m.absent[page] {
			m.t.Errorf("page %#x is given back twice", page)
		}
		m.absent[page] = true
	}
	if m.spare >= 0 {
		m.spare += n
	}
	return n
}

func (m *machine) Populate(list *dma.Memory, n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spare >= 0 {
		n = min(n, m.spare)
		m.spare -= n
	}
	for i := range n {
		page := list.Load64(8 * i)
		if !m.absent[page] {
			m.t.Errorf("page %#x was there", page)
		}
		delete(m.absent, page)
	}
	return n
}

func (m *machine) away() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.absent)
}

func (m *machine) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

const kib = blocks * balloon.BlockPages * pagesInKiB

// open opens the balloon of a machine with all its memory, for a toolstack that says a target and a most.
func open(t testing.TB, target, most string) (*machine, *xentest.Store) {
	t.Helper()
	device.SetReporter(func(string, error) {})
	d := xentest.New()
	s := d.NewStore()
	for path, v := range map[string]string{targetPath: target, mostPath: most} {
		if v != "" {
			s.Set(path, v)
		}
	}
	c, err := store.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t)
	if err := Open(m, c, m, kib*1024*15/16); err != nil {
		t.Fatal(err)
	}
	return m, s
}

func eventually(t *testing.T, m *machine, want int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); m.away() != want; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("Xen has %d pages, not %d", m.away(), want)
		}
	}
}

// xenstore-paths, "~/memory/target": the machine goes down to the target and up again.
func TestTarget(t *testing.T) {
	m, s := open(t, strconv.Itoa(kib), strconv.Itoa(kib))
	for _, wanted := range []int{10, 3, 0, 40, 0} {
		s.Set(targetPath, strconv.Itoa(kib-wanted*balloon.BlockPages*pagesInKiB))
		eventually(t, m, wanted*balloon.BlockPages)
	}
	// What makes no sense changes nothing; more than there may be is all.
	s.Set(targetPath, strconv.Itoa(kib-5*balloon.BlockPages*pagesInKiB))
	eventually(t, m, 5*balloon.BlockPages)
	s.Set(targetPath, "lots")
	s.Set(targetPath, fmt.Sprint(2*kib))
	eventually(t, m, 0)
}

// A machine that may have more than it has was told of all of it, and gives back what it must not touch at once.
func TestLessThanMost(t *testing.T) {
	m, _ := open(t, strconv.Itoa(kib*3/4), strconv.Itoa(kib))
	eventually(t, m, blocks/4*balloon.BlockPages)
	// One that was told of what it has alone has nothing to give back.
	m, s := open(t, strconv.Itoa(kib), strconv.Itoa(4*kib))
	s.Set(targetPath, strconv.Itoa(kib-balloon.BlockPages*pagesInKiB))
	eventually(t, m, balloon.BlockPages)
}

// memory.h, XENMEM_populate_physmap: Xen may have memory for some pages or none. It is asked again until it has.
func TestNoMemoryForTheMachine(t *testing.T) {
	m, s := open(t, strconv.Itoa(kib), "")
	m.set(func() { m.spare = 0 })
	s.Set(targetPath, strconv.Itoa(kib-2*balloon.BlockPages*pagesInKiB))
	eventually(t, m, 2*balloon.BlockPages)
	m.set(func() { m.spare = balloon.BlockPages + 100 }) // others have taken the rest
	s.Set(targetPath, strconv.Itoa(kib))
	eventually(t, m, balloon.BlockPages)
	m.set(func() { m.spare = 1000 })
	eventually(t, m, 0)
}

// A machine without a target has no balloon.
func TestNoTarget(t *testing.T) {
	m, _ := open(t, "", "")
	if m.away() != 0 {
		t.Error("memory is given back")
	}
}
