//go:build !mirage

package control

import (
	"internal/mirage/device"
	"internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/xentest"
	"testing"
)

func open(t *testing.T) (*xentest.Store, *store.Client) {
	t.Helper()
	d := xentest.New()
	s := d.NewStore()
	c, err := store.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	device.SetReporter(func(string, error) {})
	return s, c
}

// xenstore-paths, "~/control/shutdown": a request is acknowledged with an empty value, and features say which there are.
func TestShutdown(t *testing.T) {
	s, c := open(t)
	asked := make(chan string, 10)
	if err := Open(c, Functions{End: func() { asked <- "end" }, Reboot: func() { asked <- "reboot" }}); err != nil {
		t.Fatal(err)
	}
	if s.Get("control/feature-poweroff") != "1" || s.Get("control/feature-reboot") != "1" || s.Get("control/feature-suspend") != "" {
		t.Error("features")
	}
	for v, want := range map[string]string{"poweroff": "end", "halt": "end", "reboot": "reboot"} {
		s.Set(request, v)
		if got := <-asked; got != want {
			t.Errorf("%s makes it %s", v, got)
		}
		if got := s.Get(request); got != "" {
			t.Errorf("%s is answered by %q", v, got)
		}
	}
	for _, v := range []string{"suspend", "crash", "", "x"} {
		s.Set(request, v)
	}
	s.Set(request, "poweroff")
	<-asked
	if len(asked) != 0 {
		t.Error("ended without being asked to")
	}
}

func TestErrors(t *testing.T) {
	for _, kind := range []uint32{4, 11} { // XS_WATCH, XS_WRITE
		s, c := open(t)
		s.Fail = func(k uint32, _ string) string {
			if k == kind {
				return "EQUOTA"
			}
			return ""
		}
		if err := Open(c, Functions{Suspend: func() {}}); err != store.Error("EQUOTA") {
			t.Errorf("%v", err)
		}
	}
}

// Suspension is announced where it works: before, and behind it too, since the machine may be another domain then.
func TestSuspend(t *testing.T) {
	s, c := open(t)
	suspended, goOn := make(chan bool), make(chan bool)
	if err := Open(c, Functions{Suspend: func() { suspended <- true; <-goOn }}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if s.Get("control/feature-suspend") != "1" || s.Get("control/feature-poweroff") != "1" {
			t.Error("features")
		}
		s.Set(request, "suspend")
		<-suspended
		if s.Get(request) != "" {
			t.Error("the request is not answered before it is done")
		}
		s.Delete("control/feature-suspend")
		announced, err := c.Watch("control/feature-suspend")
		if err != nil {
			t.Fatal(err)
		}
		<-announced.C // there is such a watch
		goOn <- true
		<-announced.C
	}
}
