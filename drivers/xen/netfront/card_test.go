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
	tx, rx *xentest.Back
	port   uint32
	events int      // that the driver sent
	quiet  bool     // take nothing
	sent   [][]byte // frames
	flags  []uint32 // of them
	status uint32   // of what is sent
	got    chan struct{}
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

// connect opens the driver, and the back end as soon as it may.
func (c *card) connect() (*Device, error) {
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
	ended := make(chan struct{})
	defer close(ended)
	go func() {
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
	return Open(c.domain, c.grants, all[0])
}

// attach takes the rings that the driver has named.
func (c *card) attach() {
	number := func(key string) uint32 {
		n, err := strconv.ParseUint(c.store.Get("device/vif/0/"+key), 10, 32)
		if err != nil {
			c.t.Error(key, err)
		}
		return uint32(n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tx = c.domain.NewBack(12, number("tx-ring-ref"))
	c.rx = c.domain.NewBack(8, number("rx-ring-ref"))
	c.port = number("event-channel")
	c.domain.OnEvent(c.port, c.notified)
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
		d.fail(errors.New("test over"))
	})
	return c, d
}

// notified is the card being told of news in the rings.
func (c *card) notified() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events++
	for !c.quiet {
		for w, ok := c.tx.Take(); ok; w, ok = c.tx.Take() {
			c.send(w)
		}
		c.tx.Push()
		if c.tx.Sleep() {
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

// send takes a request to send.
func (c *card) send(w []uint32) {
	page, write := c.domain.Grant(w[0])
	offset, size := int(w[1]&0xffff), int(w[2]>>16)
	if page == nil || write || offset+size > len(page) {
		c.t.Errorf("a request for %d bytes at %d of page %d", size, offset, w[0])
		return
	}
	c.sent = append(c.sent, append([]byte{}, page[offset:offset+size]...))
	c.flags = append(c.flags, w[1]>>16)
	c.tx.Put(w[2]&0xffff | c.status<<16)
	c.got <- struct{}{}
}

// take waits for the next frame that was sent.
func (c *card) take() (frame []byte, flags uint32) {
	<-c.got
	c.mu.Lock()
	defer c.mu.Unlock()
	frame, flags = c.sent[0], c.flags[0]
	c.sent, c.flags = c.sent[1:], c.flags[1:]
	return frame, flags
}

// buffer waits for a buffer to fill.
func (c *card) buffer() (id uint32, page []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if w, ok := c.rx.Take(); ok {
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
	c.mu.Lock()
	c.rx.Put(id|offset<<16, flags|uint32(uint16(status))<<16)
	event := c.rx.Push()
	c.mu.Unlock()
	if event {
		c.domain.Raise(c.port)
	}
}

// receive gives the driver a frame.
func (c *card) receive(frame []byte, offset, flags uint32) {
	id, page := c.buffer()
	copy(page[offset:], frame)
	c.respond(id, offset, flags, len(frame))
}

func frame(n int, seed byte) []byte {
	f := make([]byte, n)
	for i := range f {
		f[i] = byte(i)*7 + seed
	}
	return f
}
