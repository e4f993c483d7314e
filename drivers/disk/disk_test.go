//go:build !mirage

package disk

import (
	"bytes"
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/irq"
	"runtime"
	"sync"
	"testing"
)

var _ device.Block = (*Disk)(nil)

// fakeRing is a ring whose answers the test gives.
type fakeRing struct {
	n        int
	event    *irq.Event
	mu       sync.Mutex
	added    []int // that Flush has not shown
	shown    chan int
	answers  []int
	err      error
	prepared error
	said     error
	forgot   bool // the device forgets what it is asked
}

func newFake(n int) *fakeRing {
	return &fakeRing{n: n, event: irq.NewEvent(), shown: make(chan int, 1000)}
}

func (r *fakeRing) Slots() int                         { return r.n }
func (r *fakeRing) Prepare(slot int, q *Request) error { return r.prepared }
func (r *fakeRing) Finish(slot int, q *Request) error {
	for i := range q.Data {
		q.Data[i] = 7
	}
	return nil
}
func (r *fakeRing) Add(slot int) bool {
	r.added = append(r.added, slot)
	return true
}
func (r *fakeRing) Flush() {
	for _, s := range r.added {
		r.shown <- s
	}
	r.added = nil
}
func (r *fakeRing) Take() (int, error, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) == 0 {
		return 0, nil, false
	}
	s := r.answers[0]
	r.answers = r.answers[1:]
	return s, r.said, true
}
func (r *fakeRing) Arm() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.answers) > 0 }
func (r *fakeRing) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
func (r *fakeRing) Wait() bool { return r.event.Wait() }

// answer answers requests.
func (r *fakeRing) answer(slots ...int) {
	r.mu.Lock()
	r.answers = append(r.answers, slots...)
	r.mu.Unlock()
	r.event.Raise()
}

func (r *fakeRing) fail(err error) {
	r.mu.Lock()
	r.err = err
	r.mu.Unlock()
	r.event.Raise()
}

func newDisk(patience int64, rings ...Ring) (d *Disk, stopped chan error) {
	stopped = make(chan error, 10)
	d = New(Config{
		Name: "vda", Transfer: 4096, MaxZero: 8192, Rings: rings, Patience: patience, Stop: func(err error) { stopped <- err },
		Geometry: device.Geometry{Size: 1 << 20, Sector: 512, Volatile: true, MaxDiscard: 2048, CanZero: true},
	})
	return d, stopped
}

// A disk grows while it is asked for its name: neither is lost.
func TestChanges(t *testing.T) {
	const changes = 1000
	d, _ := newDisk(0, newFake(1))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range changes {
				d.ChangeGeometry(func(g *device.Geometry) { g.Size += 512 })
			}
		})
	}
	all.Wait()
	if got, want := d.Geometry().Size, int64(1<<20+4*changes*512); got != want {
		t.Errorf("size %d, want %d", got, want)
	}
}

// A long read has several requests under way, but never more than there are slots, and is done when all are.
func TestRequestsUnderWay(t *testing.T) {
	for _, slots := range []int{1, 2, 64} {
		r := newFake(slots)
		d, _ := newDisk(0, r)
		b := make([]byte, 100*512+80*1024)
		done := make(chan error)
		go func() { done <- d.ReadAt(b, 0) }()
		requests := (len(b) + 4095) / 4096
		for requests > 0 {
			n := min(slots, depth, requests)
			var all []int
			for range n {
				all = append(all, <-r.shown)
			}
			requests -= n
			for i := range all {
				r.answer(all[len(all)-1-i])
			}
		}
		if err := <-done; err != nil || !bytes.Equal(b, bytes.Repeat([]byte{7}, len(b))) {
			t.Errorf("%d slots: %v, or not all was read", slots, err)
		}
	}
}

// Callers that each want several slots, of which there are few, do not wait for each other for ever.
func TestFewSlotsForMany(t *testing.T) {
	r := newFake(3)
	d, _ := newDisk(0, r)
	go func() {
		for s := range r.shown {
			r.answer(s)
		}
	}()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 20 {
				if err := d.WriteAt(make([]byte, 40960), 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	close(r.shown)
}

// A device that does not answer ends the disk; everybody hears of it.
func TestSilentDevice(t *testing.T) {
	d, stopped := newDisk(8*clock.Millisecond, newFake(4), newFake(4))
	errs := make(chan error)
	for range 20 {
		go func() { errs <- d.ReadAt(make([]byte, 20480), 0) }()
	}
	for range 20 {
		if err := <-errs; err != device.ErrGone {
			t.Error(err)
		}
	}
	if err := <-stopped; err != ErrSilent {
		t.Error(err)
	}
	if err := d.Flush(); err != device.ErrGone {
		t.Error("a disk that has failed goes on:", err)
	}
	if len(stopped) > 0 {
		t.Error("the device is stopped twice")
	}
}

// A ring that breaks, and a line that closes.
func TestRingThatFails(t *testing.T) {
	broken := errors.New("broken")
	for want, end := range map[error]func(r *fakeRing){
		broken:         func(r *fakeRing) { r.fail(broken) },
		device.ErrGone: func(r *fakeRing) { r.event.Close() },
	} {
		r := newFake(4)
		d, stopped := newDisk(0, r)
		done := make(chan error)
		go func() { done <- d.Flush() }()
		<-r.shown
		end(r)
		if err := <-done; err != device.ErrGone {
			t.Error(err)
		}
		if err := <-stopped; err != want {
			t.Errorf("stopped for %v, want %v", err, want)
		}
	}
}

// While the device is away requests wait; those that it had not answered it is asked again.
func TestPause(t *testing.T) {
	r := newFake(4)
	d, stopped := newDisk(8*clock.Millisecond, r)
	done := make(chan error)
	ask := func() { go func() { done <- d.Discard(0, 512) }() }
	ask()
	first := <-r.shown
	d.Pause()
	ask()
	clock.Sleep(50 * clock.Millisecond) // longer than the patience, which does not count now
	if len(r.shown)+len(stopped) > 0 {
		t.Fatal("a device that is away was asked, or given up")
	}
	d.Resume()
	slots := []int{<-r.shown, <-r.shown}
	if slots[0] != first && slots[1] != first {
		t.Error("a request that was under way is lost")
	}
	r.answer(slots...)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Discarding and zeroing is cut into what the device takes at once.
func TestRanges(t *testing.T) {
	r := newFake(4)
	d, _ := newDisk(0, r)
	for name, test := range map[string]struct {
		do   func() error
		want int
	}{
		"discard": {func() error { return d.Discard(0, 5120) }, 3},
		"zero":    {func() error { return d.Zero(0, 20480, false) }, 3},
		"nothing": {func() error { return d.Discard(0, 0) }, 0},
	} {
		done := make(chan error)
		go func() { done <- test.do() }()
		for range test.want {
			r.answer(<-r.shown)
		}
		if err := <-done; err != nil || len(r.shown) > 0 {
			t.Errorf("%s: %v, %d requests more", name, err, len(r.shown))
		}
	}
}

func TestErrorsOfOneRequest(t *testing.T) {
	r := newFake(4)
	r.prepared = errors.New("no memory")
	d, _ := newDisk(0, r)
	if err := d.ReadAt(make([]byte, 40960), 0); err != r.prepared {
		t.Error(err)
	}
	r.prepared = nil
	r.said = device.ErrIO
	done := make(chan error)
	go func() { done <- d.ReadAt(make([]byte, 512), 0) }()
	r.answer(<-r.shown)
	if err := <-done; err != device.ErrIO {
		t.Error(err)
	}
	// An answer to what was not asked is nobody's.
	r.answer(0, 0)
	r.mu.Lock()
	r.said = nil
	r.mu.Unlock()
	go func() { done <- d.Flush() }()
	r.answer(<-r.shown)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for n, want := range map[int]string{0: "vda", 25: "vdz", 26: "vdaa", 27: "vdab", 701: "vdzz", 702: "vdaaa"} {
		if got := Name("vd", n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// fullRing is one that breaks when it is to take a request, as when there is no memory for it.
type fullRing struct {
	*fakeRing
	breaks error
}

func (r fullRing) Add(slot int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = r.breaks
	return r.breaks == nil
}

// A ring that takes no request ends the disk, though no interrupt comes any more: nobody waits for ever.
func TestRingThatTakesNoRequest(t *testing.T) {
	broken := errors.New("no memory")
	for name, ask := range map[string]func(d *Disk) error{
		"asked": (*Disk).Flush,
		"resumed": func(d *Disk) error {
			d.Pause()
			done := make(chan error)
			go func() { done <- d.Flush() }()
			for !d.busy() {
				runtime.Gosched()
			}
			d.Resume()
			return <-done
		},
	} {
		d, stopped := newDisk(0, fullRing{newFake(1), broken})
		if err := ask(d); err != device.ErrGone {
			t.Errorf("%s: %v", name, err)
		}
		if err := <-stopped; err != broken {
			t.Errorf("%s: the disk ended: %v", name, err)
		}
	}
}
