//go:build !mirage

package netfront

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/xentest"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

const backend = "/local/domain/3/backend/vif/1/0"

// A card is a model of a back end, which keeps what is sent and gives what the test has.
type card struct {
	t      testing.TB
	domain *xentest.Domain
	store  *xentest.Store
	client *store.Client
	grants *grant.Table

	mu     sync.Mutex
	*lane          // the first
	lanes  []*lane // queues
	events int     // that the driver sent
	quiet  bool    // take nothing
	sent   []sent
	status uint32 // of what is sent
	got    chan struct{}
}

// A lane is a pair of rings.
type lane struct {
	number         int
	tx, rx         *xentest.Back
	txPort, rxPort uint32
	entries        [][]uint32 // of the frame that is not whole yet
}

// sent is a frame that the driver sent.
type sent struct {
	bytes   []byte
	flags   uint32   // of the first entry, without those of its form
	extra   []uint32 // information
	lane    int
	entries int
}

// newCard makes a guest with a card that is not connected.
func newCard(t testing.TB, features ...string) *card {
	c := &card{t: t, domain: xentest.New(), got: make(chan struct{}, 10000)}
	c.store = c.domain.NewStore()
	c.store.Set("device/vif/0/backend", backend)
	c.store.Set("device/vif/0/backend-id", strconv.Itoa(xentest.Peer))
	c.store.Set("device/vif/0/mac", "00:16:3e:01:02:03")
	for _, f := range features {
		c.store.Set(backend+"/"+f, "1")
	}
	c.store.Set(backend+"/state", "2")
	return c
}

var errOver = errors.New("test over")

// connectWith is connect on a machine with so many CPUs.
func (c *card) connectWith(cpus int) (*Device, error) {
	defer func(n int) { numCPU = func() int { return n } }(numCPU())
	numCPU = func() int { return cpus }
	return c.connect()
}

// connect opens the driver, and the back end as soon as it may.
func (c *card) connect() (*Device, error) { return c.connectTo(c.front()) }

func (c *card) connectTo(front *bus.Device) (*Device, error) {
	ended, stopped := make(chan struct{}), make(chan struct{})
	defer func() { close(ended); <-stopped }()
	go func() {
		defer close(stopped)
		for c.store.Get("device/vif/0/state") != "4" {
			select {
			case <-ended:
				return
			default:
				runtime.Gosched()
			}
		}
		c.attach()
		c.store.Set(backend+"/state", "4")
	}()
	return Open(c.domain, c.grants, front)
}

// front finds the device in the store.
func (c *card) front() *bus.Device {
	if c.client == nil {
		s, err := store.Open(c.domain)
		if err != nil {
			c.t.Fatal(err)
		}
		c.client, c.grants = s, grant.New(c.domain)
	}
	all, err := bus.Devices(c.client, "vif")
	if err != nil {
		c.t.Fatal(err)
	}
	return all[0]
}

// attach takes the rings that the driver has named.
func (c *card) attach() {
	folder := ""
	number := func(key string) uint32 {
		n, err := strconv.ParseUint(c.store.Get("device/vif/0/"+folder+key), 10, 32)
		if err != nil {
			c.t.Error(key, err)
		}
		return uint32(n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lanes = nil
	n := 1
	if c.store.Get("device/vif/0/multi-queue-num-queues") != "" {
		n = int(number("multi-queue-num-queues"))
	}
	for i := range n {
		if n > 1 {
			folder = "queue-" + strconv.Itoa(i) + "/"
		}
		l := &lane{number: i}
		l.tx = c.domain.NewBack(12, number("tx-ring-ref"))
		l.rx = c.domain.NewBack(8, number("rx-ring-ref"))
		if c.store.Get("device/vif/0/"+folder+"event-channel-tx") != "" {
			l.txPort, l.rxPort = number("event-channel-tx"), number("event-channel-rx")
		} else {
			l.txPort = number("event-channel")
			l.rxPort = l.txPort
		}
		c.domain.OnEvent(l.rxPort, func() {})
		c.domain.OnEvent(l.txPort, func() { c.notified(l) })
		c.lanes = append(c.lanes, l)
	}
	c.lane = c.lanes[0]
}

func open(t testing.TB, features ...string) (*card, *Device) {
	t.Helper()
	c := newCard(t, append(features, "feature-rx-copy")...)
	d, err := c.connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		device.SetReporter(func(string, error) {})
		d.fail(errOver)
	})
	return c, d
}

// notified is the card being told of news in a lane.
func (c *card) notified(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events++
	for !c.quiet {
		for w, ok := l.tx.Take(); ok; w, ok = l.tx.Take() {
			c.send(l, w)
		}
		l.tx.Push()
		if l.tx.Sleep() {
			return
		}
	}
}

// hush has the card leave the ring of what is sent alone.
func (c *card) hush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = true
}

// heard is how many events the driver has sent.
func (c *card) heard() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events
}

// send takes an entry of a frame to send, and the frame when it is the last.
func (c *card) send(l *lane, w []uint32) {
	l.entries = append(l.entries, w)
	first, extra := l.entries[0][1]>>16, 0
	if first&txExtra != 0 {
		extra = 1
	}
	last := w[1] >> 16
	if n := len(l.entries); n <= extra || n > extra+1 && last&txMore != 0 || n == extra+1 && first&txMore != 0 {
		return
	}
	s := sent{flags: first &^ (txMore | txExtra), lane: l.number, entries: len(l.entries)}
	for i, w := range l.entries {
		if i == extra && extra == 1 {
			s.extra = w
			l.tx.Put(txNull << 16)
			continue
		}
		page, write := c.domain.Grant(w[0])
		offset, size := int(w[1]&0xffff), int(w[2]>>16)
		if i == 0 { // netif.h: the size of the first is the whole frame's
			for k, w := range l.entries[1:] {
				if k+1 != extra {
					size -= int(w[2] >> 16)
				}
			}
		}
		if page == nil || write || size <= 0 || offset+size > len(page) || len(l.entries) > 18 {
			c.t.Errorf("entry %d of %d for %d bytes at %d of page %d", i, len(l.entries), size, offset, w[0])
			return
		}
		s.bytes = append(s.bytes, page[offset:offset+size]...)
		l.tx.Put(w[2]&0xffff | c.status<<16)
	}
	l.entries = nil
	c.sent = append(c.sent, s)
	c.got <- struct{}{}
}

// take waits for the next frame that was sent.
func (c *card) take() (frame []byte, flags uint32) {
	s := c.takeWhole()
	return s.bytes, s.flags
}

func (c *card) takeWhole() sent {
	<-c.got
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sent[0]
	c.sent = c.sent[1:]
	return s
}

// buffer waits for a buffer to fill.
func (c *card) buffer() (id uint32, page []byte) { return c.bufferOf(c.lane) }

func (c *card) bufferOf(l *lane) (id uint32, page []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if w, ok := l.rx.Take(); ok {
			page, write := c.domain.Grant(w[1])
			if page == nil || !write || w[0] > 255 {
				c.t.Errorf("buffer %d in page %d", w[0], w[1])
			}
			return w[0], page
		}
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
	}
}

// respond makes a response.
func (c *card) respond(id, offset, flags uint32, status int) {
	c.put(c.lane, id|offset<<16, flags|uint32(uint16(status))<<16)
}

// put makes an entry for the driver.
func (c *card) put(l *lane, words ...uint32) {
	c.mu.Lock()
	l.rx.Put(words...)
	event := l.rx.Push()
	c.mu.Unlock()
	if event {
		c.domain.Raise(l.rxPort)
	}
}

// receive gives the driver a frame.
func (c *card) receive(frame []byte, offset, flags uint32) { c.receiveBy(c.lane, frame, offset, flags) }

func (c *card) receiveBy(l *lane, frame []byte, offset, flags uint32) {
	id, page := c.bufferOf(l)
	copy(page[offset:], frame)
	c.put(l, id|offset<<16, flags|uint32(uint16(len(frame)))<<16)
}

// inform gives the driver extra information.
func (c *card) inform(words ...uint32) {
	c.buffer()
	c.put(c.lane, words...)
}

func frame(n int, seed byte) []byte {
	f := make([]byte, n)
	for i := range f {
		f[i] = byte(i)*7 + seed
	}
	return f
}
