//go:build !mirage

package store

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/xentest"
	"slices"
	"strings"
	"sync"
	"testing"
)

func open(t testing.TB) (*xentest.Store, *Client) {
	t.Helper()
	d := xentest.New()
	s := d.NewStore()
	c, err := Open(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.channel.Line.Close() })
	device.SetReporter(func(string, error) {})
	return s, c
}

func TestNoStore(t *testing.T) {
	if _, err := Open(xentest.New()); err != xen.ErrNone {
		t.Error(err)
	}
}

// docs/misc/xenstore.txt: values are octets, paths are absolute or the domain's own.
func TestValues(t *testing.T) {
	s, c := open(t)
	s.Set("/local/domain/0/name", "Domain-0")
	if v, err := c.Read(None, "/local/domain/0/name"); v != "Domain-0" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	long := strings.Repeat("0123456789abcdef", 200) // more than the ring holds, both ways
	if err := c.Write(None, "data/long", long); err != nil || s.Get("/local/domain/1/data/long") != long {
		t.Errorf("%v", err)
	}
	if v, err := c.Read(None, "data/long"); v != long || err != nil {
		t.Errorf("%d bytes, %v", len(v), err)
	}
	if v, err := c.List(None, "data"); !slices.Equal(v, []string{"long"}) || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if err := c.Remove(None, "data/long"); err != nil || s.Get("data/long") != "" {
		t.Errorf("%v", err)
	}
	if _, err := c.Read(None, "data/long"); err != ErrNotFound {
		t.Errorf("%v", err)
	}
	if err := c.Write(None, "data/x", strings.Repeat("x", 4096)); err != Error("E2BIG") {
		t.Errorf("more than XENSTORE_PAYLOAD_MAX: %v", err)
	}
}

func TestErrors(t *testing.T) {
	s, c := open(t)
	for _, e := range []string{"EACCES", "EQUOTA", "EAGAIN", "ENOSPC"} {
		s.Fail = func(uint32, string) string { return e }
		if err := c.Write(None, "a", "b"); err != Error(e) || err.Error() != "xenstore: "+e {
			t.Errorf("%v", err)
		}
	}
}

// A transaction that another one came before is done again; one that fails is given up.
func TestTransact(t *testing.T) {
	s, c := open(t)
	again := 3
	s.Fail = func(kind uint32, _ string) string {
		if kind == uint32(transactionEnd) && again > 0 {
			again--
			return "EAGAIN"
		}
		return ""
	}
	calls := 0
	if err := c.Transact(func(tr Transaction) error { calls++; return c.Write(tr, "a", "b") }); err != nil || calls != 4 {
		t.Errorf("%v after %d calls", err, calls)
	}
	failed := errors.New("no")
	if err := c.Transact(func(Transaction) error { return failed }); err != failed {
		t.Errorf("%v", err)
	}
	again = 1e9
	if err := c.Transact(func(Transaction) error { return nil }); err != ErrAgain {
		t.Errorf("tried for ever: %v", err)
	}
}

// A watch fires once when it is made, and for changes at and below its path.
func TestWatch(t *testing.T) {
	s, c := open(t)
	w, err := c.Watch("control")
	if err != nil {
		t.Fatal(err)
	}
	<-w.C
	s.Set("control/shutdown", "poweroff")
	<-w.C
	s.Set("controls", "x")
	if err := c.Unwatch(w); err != nil || s.Watches() != 0 {
		t.Errorf("%v, %d watches", err, s.Watches())
	}
	s.Set("control/shutdown", "")
	if _, err := c.Read(None, "control/shutdown"); err != nil || len(w.C) != 0 {
		t.Errorf("%v, %d", err, len(w.C))
	}
	s.Fail = func(uint32, string) string { return "EQUOTA" }
	if _, err := c.Watch("x"); err != Error("EQUOTA") || len(c.watches) != 0 {
		t.Errorf("%v", err)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	s, c := open(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			path := "data/" + string(rune('a'+i))
			for range 50 {
				if err := c.Write(None, path, path); err != nil {
					t.Error(err)
				}
				if v, err := c.Read(None, path); v != path || err != nil {
					t.Errorf("%q, %v", v, err)
				}
			}
		})
	}
	all.Wait()
	if s.Get("data/a") != "data/a" {
		t.Error("not written")
	}
}

// What no store sends ends the client: all calls fail, those that wait among them.
func TestHostileStore(t *testing.T) {
	for name, do := range map[string]func(s *xentest.Store){
		"counts": func(s *xentest.Store) { s.Page().Store32(replyPut, 5000) },
		"length": func(s *xentest.Store) { put(s, header{kind: read, size: maxBody + 1}.append(nil)) },
		"answer": func(s *xentest.Store) { put(s, header{kind: read, request: 77}.append(nil)) },
	} {
		t.Run(name, func(t *testing.T) {
			s, c := open(t)
			do(s)
			s.Raise()
			<-c.Failed()
			if _, err := c.Read(None, "a"); err == nil {
				t.Error("goes on")
			}
			if _, err := c.Watch("a"); err == nil {
				t.Error("goes on")
			}
		})
	}
}

// put puts bytes into the ring of replies.
func put(s *xentest.Store, b []byte) {
	m := s.Page()
	at := m.Load32(replyPut)
	for i, v := range b {
		m.Bytes()[replyData+(int(at)+i)%ringSize] = v
	}
	m.Store32(replyPut, at+uint32(len(b)))
}

// A store that stops answering costs the requests, not the machine; answers that come too late are nobody's.
func TestStoreThatStopsAnswering(t *testing.T) {
	s, c := open(t)
	c.patience = clock.Millisecond
	s.Set("a", "1")
	s.SetQuiet(true)
	for range 3 {
		if _, err := c.Read(None, "a"); err != errTime {
			t.Error(err)
		}
	}
	// As many as the ring holds, and then what finds no room.
	for range 100 {
		if err := c.Write(None, "b", "1234567890"); err != errTime {
			t.Fatal(err)
		}
	}
	c.patience = clock.Hour
	s.SetQuiet(false)
	if v, err := c.Read(None, "a"); v != "1" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}

// One that takes a part of a request and no more cannot be talked to again.
func TestStoreThatTakesHalf(t *testing.T) {
	s, c := open(t)
	c.patience = clock.Millisecond
	s.SetQuiet(true)
	if err := c.Write(None, "a", strings.Repeat("x", 3000)); err != errTime {
		t.Error(err)
	}
	<-c.Failed()
	if _, err := c.Read(None, "a"); err == nil {
		t.Error("goes on")
	}
}
