//go:build !mirage

package netfront

import (
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/xentest"
	"strings"
	"sync/atomic"
	"testing"
)

// xenstore.txt: any request may fail. Whichever it is, the card opens or says what the store said, leaves nothing, and opens
// when the store is well again.
func TestStoreThatRefuses(t *testing.T) {
	for _, refusal := range []string{"ENOENT", "EAGAIN", "EQUOTA"} {
		t.Run(refusal, func(t *testing.T) {
			for nth := int64(1); ; nth++ {
				if refused, opened := refuse(t, refusal, nth); !refused {
					if !opened || nth < 20 {
						t.Errorf("opened %v, after %d requests", opened, nth-1)
					}
					return
				}
			}
		})
	}
}

// refuse opens a card while the nth request fails, unless there are fewer.
func refuse(t *testing.T, refusal string, nth int64) (refused, opened bool) {
	c := newCard(t, append(all, "feature-rx-copy")...)
	ports := c.domain.Ports()
	device.SetReporter(func(string, error) {})
	var opens, hit atomic.Bool
	var count atomic.Int64
	c.store.Fail = func(kind uint32, path string) string {
		// One state is asked for again only when it changes: that it is gone is not a passing failure.
		if !opens.Load() || refusal == "ENOENT" && strings.HasSuffix(path, "/state") || count.Add(1) != nth {
			return ""
		}
		hit.Store(true)
		return refusal
	}
	front := c.front()
	opens.Store(true)
	d, err := c.connectTo(front)
	opens.Store(false)
	if err == nil {
		d.fail(errOver)
		eventually(t, "all is given back", func() bool { return c.domain.Grants() == 0 && c.domain.Ports() == ports })
		return hit.Load(), true
	}
	if !strings.Contains(err.Error(), refusal) && refusal != "ENOENT" {
		t.Errorf("request %d: %v", nth, err)
	}
	if c.domain.Grants() != 0 || c.domain.Ports() != ports {
		t.Errorf("request %d: %d pages stay shared, %d ports open of %d", nth, c.domain.Grants(), c.domain.Ports(), ports)
	}
	c.store.Set("device/vif/0/state", "1")
	c.store.Set(backend+"/state", "2")
	d, err = c.connect()
	if err != nil {
		t.Fatalf("after request %d had failed: %v", nth, err)
	}
	d.fail(errOver)
	return hit.Load(), false
}

// grant_table.h: the table has an end. A card that finds no room is given up; one that finds none for long frames sends the others.
func TestGrantTableFull(t *testing.T) {
	c := newCard(t, append(all, "feature-rx-copy")...)
	c.domain.MaxFrames = 2
	front := c.front()
	const perTable, card = 2*512 - 8, 2 + 256 + shortFrames/2 // references of a card: rings, buffers, frames
	other, err := c.grants.Alloc(xentest.Peer, (perTable-card+1)*dma.PageSize, true)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := c.connect(); err == nil {
		d.fail(errOver)
		t.Fatal("opened")
	}
	if n := c.domain.Grants(); n != perTable-card+1 {
		t.Errorf("%d pages stay shared", n)
	}
	other.Close()
	other, _ = c.grants.Alloc(xentest.Peer, (perTable-card)*dma.PageSize, true)
	c.store.Set(front.Path+"/state", "1")
	c.store.Set(backend+"/state", "2")
	d, err := c.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer d.fail(errOver)
	if d.Alloc(9000) != nil {
		t.Error("a long frame without a right")
	}
	d.Transmit(d.Alloc(60))
	d.Flush()
	c.take()
	other.Close()
	if f := d.Alloc(9000); f == nil {
		t.Error("no long frame when there is room again")
	} else {
		d.Discard(f)
	}
}
