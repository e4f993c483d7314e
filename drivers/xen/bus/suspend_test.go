//go:build !mirage

package bus

import (
	"internal/mirage/clock"
	"internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/xentest"
	"testing"
)

const newBack = "/local/domain/3/backend/vif/2/0"

// restore makes the guest another domain with other back ends.
func restore(s *xentest.Store, c *store.Client) {
	c.Suspended(func() bool {
		s.Restore()
		s.Set("device/vif/0/backend", newBack)
		s.Set(newBack+"/state", "2")
		return true
	})
}

// A restored domain has the same devices with other back ends: who follows one goes on with that, and it is no new device.
func TestRestored(t *testing.T) {
	s, c := guest(t)
	s.Set(back+"/state", "4")
	found := make(chan *Device, 10)
	if err := Attach(c, "vif", func(d *Device) { found <- d }, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	d := <-found
	if err := d.Follow(); err != nil {
		t.Fatal(err)
	}
	if state, err := d.Next(); state != Connected || err != nil {
		t.Fatal(state, err)
	}
	type next struct {
		State
		error
	}
	got := make(chan next)
	go func() {
		state, err := d.Next()
		got <- next{state, err}
	}()
	restore(s, c)
	if n := <-got; n.State != InitWait || n.error != nil || d.Backend != newBack || d.Stale() {
		t.Errorf("%v, %s", n, d.Backend)
	}
	s.SetQuiet(true) // a toolstack writes both in a transaction
	s.Set("device/vif/1/backend-id", "3")
	s.Set("device/vif/1/backend", "/local/domain/3/backend/vif/2/1")
	s.SetQuiet(false)
	if d := <-found; d.Path != "device/vif/1" {
		t.Errorf("%s is found again", d.Path)
	}
	s.Delete(newBack + "/state")
	for {
		if state, err := d.Next(); err != nil || state == Unknown {
			break
		}
	}
	d.Close()
	if _, err := d.Next(); err != errClosed {
		t.Errorf("%v", err)
	}
}

// Who waits for a back end that the restored domain does not have hears of it at once.
func TestRestoredMeanwhile(t *testing.T) {
	s, c := guest(t)
	all, _ := Devices(c, "vif")
	failed := make(chan error)
	go func() { failed <- all[0].Await(Connected, 1000*clock.Second) }()
	for s.Watches() == 0 {
		c.Read(store.None, "device")
	}
	restore(s, c)
	if err := <-failed; err != errStale {
		t.Errorf("%v", err)
	}
}

// A device that the restored domain does not have is gone.
func TestRestoredWithout(t *testing.T) {
	s, c := guest(t)
	all, _ := Devices(c, "vif")
	d := all[0]
	if err := d.Follow(); err != nil {
		t.Fatal(err)
	}
	c.Suspended(func() bool {
		s.Restore()
		s.Delete("device/vif/0/backend")
		s.Delete("device/vif/0/backend-id")
		return true
	})
	if state, err := d.Next(); state != Unknown || err != nil {
		t.Errorf("%v %v", state, err)
	}
	d.Close()
}
