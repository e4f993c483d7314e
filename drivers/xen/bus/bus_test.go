//go:build !mirage

package bus

import (
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/xen/store"
	"internal/mirage/drivers/xen/xentest"
	"runtime"
	"strconv"
	"testing"
)

const back = "/local/domain/3/backend/vif/1/0"

func guest(t *testing.T) (*xentest.Store, *store.Client) {
	t.Helper()
	d := xentest.New()
	s := d.NewStore()
	c, err := store.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	device.SetReporter(func(string, error) {})
	s.Set("device/vif/0/backend", back)
	s.Set("device/vif/0/backend-id", "3")
	s.Set("device/vif/0/mac", "00:16:3e:01:02:03")
	return s, c
}

func TestDevices(t *testing.T) {
	s, c := guest(t)
	if all, err := Devices(c, "vbd"); len(all) != 0 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
	s.Set("device/vif/1/backend", "/local/domain/0/backend/vif/1/1")
	s.Set("device/vif/1/backend-id", "70000")
	s.Set("device/vif/2/backend-id", "0")
	all, err := Devices(c, "vif")
	if len(all) != 1 || all[0].Path != "device/vif/0" || all[0].Backend != back || all[0].BackendID != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	if err == nil {
		t.Error("devices that cannot be are not mentioned")
	}
	if v, err := all[0].Read("mac"); v != "00:16:3e:01:02:03" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	s.Set(back+"/feature-a", "1")
	s.Set(back+"/feature-b", "0")
	if !all[0].Offers("feature-a") || all[0].Offers("feature-b") || all[0].Offers("feature-c") {
		t.Error("features")
	}
	s.Fail = func(uint32, string) string { return "EACCES" }
	if _, err := Devices(c, "vif"); err != store.Error("EACCES") {
		t.Errorf("%v", err)
	}
}

// xenbus.h: both ends walk through the states, each in its own folder.
func TestStates(t *testing.T) {
	s, c := guest(t)
	all, _ := Devices(c, "vif")
	d := all[0]
	reached := make(chan error)
	go func() { reached <- d.Await(InitWait, 10*clock.Second) }()
	s.Set(back+"/state", "1")
	s.Set(back+"/state", "2")
	if err := <-reached; err != nil {
		t.Fatal(err)
	}
	if err := d.Configure([]Setting{{"tx-ring-ref", "8"}, {"event-channel", "5"}}); err != nil || s.Get("device/vif/0/event-channel") != "5" {
		t.Errorf("%v", err)
	}
	if err := d.SetState(Connected); err != nil || s.Get("device/vif/0/state") != "4" {
		t.Errorf("%v", err)
	}
	for state, want := range map[string]State{"4": Connected, "": Unknown, "9": Unknown, "-1": Unknown, "x": Unknown} {
		s.Set(back+"/state", state)
		if got, err := d.State(); got != want || err != nil {
			t.Errorf("state %q: %v, %v", state, got, err)
		}
	}
	if s.Watches() != 0 {
		t.Errorf("%d watches left", s.Watches())
	}
}

func TestAwaitGivesUp(t *testing.T) {
	s, c := guest(t)
	all, _ := Devices(c, "vif")
	d := all[0]
	if err := d.Await(Connected, clock.Millisecond); err != errTime {
		t.Errorf("%v", err)
	}
	for _, state := range []State{Closing, Closed} {
		s.Set(back+"/state", strconv.Itoa(int(state)))
		if err := d.Await(Connected, 10*clock.Second); err != errClosed {
			t.Errorf("state %d: %v", state, err)
		}
	}
}

// A back end that closes, and one whose folder is gone, is at its end, as is the store's.
func TestAwaitEnd(t *testing.T) {
	for name, end := range map[string]func(s *xentest.Store){
		"closing": func(s *xentest.Store) { s.Set(back+"/state", "5") },
		"gone":    func(s *xentest.Store) { s.Delete(back + "/state") },
		"store":   func(s *xentest.Store) { s.Page().Store32(2060, 5000); s.Raise() },
		"ours":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			s, c := guest(t)
			s.Set(back+"/state", "4")
			all, _ := Devices(c, "vif")
			if err := all[0].Follow(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() { ended <- all[0].AwaitEnd() }()
			s.Set(back+"/hotplug-status", "connected")
			if end == nil {
				all[0].Close()
			} else {
				end(s)
			}
			if err := <-ended; err == nil {
				t.Error("ended without a reason")
			}
		})
	}
}

// xen/include/public/io/xenbus.h and the toolstack's online: a back end that closes is answered with Closed, and one that is to
// come back is told that we begin anew.
func TestReopen(t *testing.T) {
	s, c := guest(t)
	all, _ := Devices(c, "vif")
	d := all[0]
	s.Set(back+"/online", "1")
	s.Set(back+"/state", "6")
	done := make(chan error)
	go func() { done <- d.Reopen(Closed, 10*clock.Second) }()
	for s.Get("device/vif/0/state") != "1" {
		runtime.Gosched()
	}
	s.Set(back+"/state", "2")
	if err := <-done; err != nil {
		t.Error(err)
	}
	s.Set(back+"/online", "0")
	if err := d.Reopen(Closing, 10*clock.Second); err != errClosed || s.Get("device/vif/0/state") != "6" {
		t.Errorf("one that is taken away: %v", err)
	}
	s.Set(back+"/online", "1")
	s.Set(back+"/state", "6")
	go func() { done <- d.Reopen(Closed, 10*clock.Second) }()
	for s.Get("device/vif/0/state") != "1" {
		runtime.Gosched()
	}
	s.Delete(back + "/state")
	if err := <-done; err != errClosed {
		t.Errorf("one whose folder goes: %v", err)
	}
	s.Set(back+"/state", "6")
	if err := d.Reopen(Closed, clock.Millisecond); err != errTime {
		t.Errorf("one that does not come back: %v", err)
	}
}

// Devices that are there when it begins, and those that come later.
func TestAttach(t *testing.T) {
	s, c := guest(t)
	found := make(chan string, 10)
	add := func(name string) {
		s.Set("device/vbd/"+name+"/backend-id", "3")
		s.Set("device/vbd/"+name+"/backend", "/local/domain/3/backend/vbd/1/"+name)
	}
	add("51712")
	// A folder without all that belongs there is looked at again.
	if err := Attach(c, "vbd", func(d *Device) { found <- d.Name() }, func(error) {}); err != nil || len(found) != 1 {
		t.Fatal(err, len(found))
	}
	add("51728")
	for _, want := range []string{"51712", "51728"} {
		if name := <-found; name != want {
			t.Errorf("%s, want %s", name, want)
		}
	}
	s.Set("device/vbd/51728/state", "4")
	if _, err := c.Read(store.None, "device/vbd/51728/state"); err != nil || len(found) != 0 {
		t.Errorf("%v, %d devices twice", err, len(found))
	}
}
