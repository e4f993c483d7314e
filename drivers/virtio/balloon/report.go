package balloon

import (
	"internal/mirage/clock"
	"internal/mirage/drivers/balloon"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
)

// calm is how long memory is left alone after it became free: the program may want it again. A variable for tests.
var calm int64 = 2 * clock.Second

// maxReport is how many blocks are reported at once, a power of 2.
const maxReport = 32

// A report tells the host of free blocks: section 5.5.6.5.
type report struct {
	device  *Device
	request *request
	freed   *irq.Event
	// What is being reported. Not on the stack, whence it would go to the heap each time.
	blocks [maxReport]uint64
	in     [maxReport]queue.Segment
}

func newReport(d *Device) (*report, error) {
	i := lastReportQueue
	for d.dev.QueueSize(i) == 0 {
		if i--; i < firstReportQueue {
			return nil, errReport
		}
	}
	r, err := newRequest(d.dev, i, min(maxReport, powerOf2(d.dev.QueueSize(i))))
	return &report{device: d, request: r, freed: irq.NewEvent()}, err
}

// powerOf2 is the largest power of 2 that is not larger than n.
func powerOf2(n int) int {
	p := 1
	for 2*p <= n {
		p *= 2
	}
	return p
}

// run is the goroutine of the reports.
func (r *report) run() {
	for r.freed.Wait() {
		clock.Sleep(calm)
		for more := true; more; {
			var err error
			if more, err = r.once(); err != nil {
				r.device.fail(err)
				return
			}
		}
	}
}

// once reports some blocks, and says whether there may be more. Section 5.5.6.5: until the device has used the buffers the
// pages are its own; then they may be taken again, and hold what they held, or zeros.
func (r *report) once() (more bool, err error) {
	n := r.device.memory.TakeUnused(r.blocks[:min(maxReport, r.request.queue.Size())])
	if n == 0 {
		return false, nil
	}
	for i, addr := range r.blocks[:n] {
		r.in[i] = queue.Segment{Addr: addr, Len: balloon.BlockPages * pageSize}
	}
	if err := r.request.do(nil, r.in[:n]); err != nil {
		return false, err
	}
	r.device.memory.GiveUnused(r.blocks[:n])
	return true, nil
}
