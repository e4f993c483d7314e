//go:build !mirage

package blkfront

import (
	"encoding/binary"
	"errors"
	"fmt"
	"internal/mirage/device"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/disk/disktest"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/xentest"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

const (
	front   = "device/vbd/51712"
	backend = "/local/domain/3/backend/vbd/1/51712"
)

// A back is a model of a back end, on a medium. What the driver does against the rules is noted.
type back struct {
	t        testing.TB
	domain   *xentest.Domain
	store    *xentest.Store
	client   *store.Client
	grants   *grant.Table
	medium   *disktest.Medium
	segments int // feature-max-indirect-segments, 0: none

	mu      sync.Mutex
	rings   []*xentest.Back
	ports   []uint32
	quiet   bool // take nothing
	shuffle *rand.Rand
	faults  []string
	spoilt  bool                                          // it has written over requests itself: they break rules
	answer  func(queue int, id uint64, op, status uint32) // default: put
}

// newBack makes a guest with a disk that is not connected.
func newBack(t testing.TB, m *disktest.Medium, settings ...string) *back {
	b := &back{t: t, domain: xentest.New(), medium: m}
	b.store = b.domain.NewStore()
	b.grants = grant.New(b.domain)
	b.answer = b.put
	b.store.Set(front+"/backend", backend)
	b.store.Set(front+"/backend-id", strconv.Itoa(xentest.Peer))
	for i := 0; i < len(settings); i += 2 {
		b.store.Set(backend+"/"+settings[i], settings[i+1])
		if settings[i] == "feature-max-indirect-segments" {
			b.segments, _ = strconv.Atoi(settings[i+1])
		}
	}
	b.store.Set(backend+"/online", "1")
	b.store.Set(backend+"/state", "2")
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.faults {
			if b.spoilt {
				break
			}
			t.Error("the driver broke a rule:", f)
		}
	})
	return b
}

func (b *back) fault(format string, args ...any) {
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// await waits until the driver is in a state.
func (b *back) await(state string) {
	for b.store.Get(front+"/state") != state {
		runtime.Gosched()
	}
}

// attach takes the rings that the driver has named, says what the disk is, and is connected.
func (b *back) attach() {
	b.mu.Lock()
	b.rings, b.ports = nil, nil
	folders := []string{""}
	if n, err := strconv.Atoi(b.store.Get(front + "/multi-queue-num-queues")); err == nil {
		folders = nil
		for i := range n {
			folders = append(folders, "queue-"+strconv.Itoa(i)+"/")
		}
	}
	for i, f := range folders {
		number := func(key string) uint32 {
			n, err := strconv.ParseUint(b.store.Get(front+"/"+f+key), 10, 32)
			if err != nil {
				b.fault("%s%s is no number: %v", f, key, err)
			}
			return uint32(n)
		}
		refs := []uint32{0, 0}
		if b.store.Get(front+"/ring-page-order") == "1" {
			refs[0], refs[1] = number("ring-ref0"), number("ring-ref1")
		} else {
			refs = []uint32{number("ring-ref")}
		}
		b.rings = append(b.rings, b.domain.NewBack(112, refs...))
		b.ports = append(b.ports, number("event-channel"))
		b.domain.OnEvent(b.ports[i], func() { b.serve(i) })
	}
	if got := b.store.Get(front + "/protocol"); got != protocol {
		b.fault("protocol %q", got)
	}
	b.mu.Unlock()
	b.store.Set(backend+"/sectors", strconv.FormatInt(b.medium.Size()/512, 10))
	b.store.Set(backend+"/sector-size", strconv.Itoa(b.medium.Sector))
	info := "0"
	if b.medium.ReadOnly {
		info = "4"
	}
	b.store.Set(backend+"/info", info)
	b.store.Set(backend+"/state", "4")
}

// open opens the driver, and the back end as soon as it may.
func (b *back) open() (*Device, error) {
	if b.client == nil {
		s, err := store.Open(b.domain)
		if err != nil {
			b.t.Fatal(err)
		}
		b.client = s
	}
	all, err := bus.Devices(b.client, "vbd")
	if err != nil || len(all) != 1 {
		b.t.Fatal(len(all), err)
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for b.store.Get(front+"/state") != "3" {
			select {
			case <-ended:
				return
			default:
				runtime.Gosched()
			}
		}
		b.attach()
	}()
	d, err := Open(b.domain, b.grants, all[0])
	if err == nil {
		d.Follow()
	}
	return d, err
}

func (b *back) mustOpen() *Device {
	b.t.Helper()
	d, err := b.open()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		device.SetReporter(func(string, error) {})
		d.Fail(errors.New("test over"))
	})
	return d
}

// serve does all requests of a ring.
func (b *back) serve(i int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.quiet || i >= len(b.rings) {
		return
	}
	r := b.rings[i]
	type done struct {
		id         uint64
		op, status uint32
	}
	for {
		var all []done
		for w, ok := r.Take(); ok; w, ok = r.Take() {
			id, op, err := b.do(w)
			status := map[error]int16{nil: 0, device.ErrIO: -1, device.ErrUnsupported: -2}[err]
			all = append(all, done{id, op, uint32(uint16(status))})
		}
		if b.shuffle != nil {
			b.shuffle.Shuffle(len(all), func(x, y int) { all[x], all[y] = all[y], all[x] })
		}
		for _, d := range all {
			b.answer(i, d.id, d.op, d.status)
		}
		if r.Push() {
			b.domain.Raise(b.ports[i])
		}
		if r.Sleep() {
			return
		}
	}
}

func (b *back) put(queue int, id uint64, op, status uint32) {
	b.rings[queue].Put(uint32(id), uint32(id>>32), op|status<<16)
}

// do does a request: struct blkif_request.
func (b *back) do(w []uint32) (id uint64, op uint32, err error) {
	id, op = uint64(w[2])|uint64(w[3])<<32, w[0]&0xff
	off := int64(uint64(w[4])|uint64(w[5])<<32) * 512
	count, handle := int(w[0]>>8&0xff), w[0]>>16
	switch op {
	case 3:
		if count != 0 {
			b.fault("a flush of something")
		}
		err = b.medium.Do(disk.Flush, 0, 0, nil)
	case 5:
		err = b.medium.Do(disk.Discard, off, int64(uint64(w[6])|uint64(w[7])<<32)*512, nil)
	case 0, 1:
		if count == 0 || count > 11 {
			b.fault("%d segments", count)
			return id, op, device.ErrIO
		}
		err = b.transfer(op, off, w[6:6+2*count])
	case 6:
		indirect, count := w[0]>>8&0xff, int(w[0]>>16)
		handle = w[6] & 0xffff
		if count > b.segments || count <= 11 || indirect > 1 {
			b.fault("%d indirect segments of %d, operation %d", count, b.segments, indirect)
			return id, op, device.ErrIO
		}
		page, _ := b.domain.Grant(w[7])
		if page == nil {
			b.fault("the segments lie in a page that is not shared")
			return id, op, device.ErrIO
		}
		segments := make([]uint32, 2*count)
		for i := range segments {
			segments[i] = binary.LittleEndian.Uint32(page[4*i:])
		}
		err = b.transfer(indirect, off, segments)
	default:
		return id, op, device.ErrUnsupported
	}
	if handle != 51712 {
		b.fault("device %d", handle)
	}
	return id, op, err
}

// transfer reads or writes segments.
func (b *back) transfer(op uint32, off int64, segments []uint32) error {
	var places [][]byte
	n := 0
	for i := 0; i < len(segments); i += 2 {
		page, write := b.domain.Grant(segments[i])
		first, last := int(segments[i+1]&0xff), int(segments[i+1]>>8&0xff)
		if page == nil || !write && op == 0 || first > last || last > 7 || segments[i+1]>>16 != 0 {
			b.fault("segment of sectors %d to %d in page %d", first, last, segments[i])
			return device.ErrIO
		}
		places = append(places, page[first*512:(last+1)*512])
		n += (last + 1 - first) * 512
	}
	data := make([]byte, 0, n)
	if op == 1 {
		for _, p := range places {
			data = append(data, p...)
		}
		return b.medium.Do(disk.Write, off, int64(n), data)
	}
	data = data[:n]
	err := b.medium.Do(disk.Read, off, int64(n), data)
	for _, p := range places {
		if err == nil {
			data = data[copy(p, data):]
		}
	}
	return err
}
