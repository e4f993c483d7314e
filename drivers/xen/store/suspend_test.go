//go:build !mirage

package store

import (
	"runtime"
	"testing"
)

// Suspension that was called off changes nothing.
func TestSuspensionCalledOff(t *testing.T) {
	s, c := open(t)
	w, err := c.Watch("a")
	if err != nil {
		t.Fatal(err)
	}
	<-w.C
	answered := make(chan error)
	c.Suspended(func() bool {
		go func() {
			_, err := c.Read(None, "b") // waits
			answered <- err
		}()
		return false
	})
	if err := <-answered; err != ErrNotFound || c.Lives() != 0 || s.Watches() != 1 || len(w.C) != 0 {
		t.Errorf("%v, %d lives, %d watches", err, c.Lives(), s.Watches())
	}
	s.Set("a", "1")
	<-w.C
}

// xenstore of a domain that was restored: its ring is empty, and it watches nothing. What had come of a message is of none.
func TestRestored(t *testing.T) {
	s, c := open(t)
	s.Set("c", "value")
	w, err := c.Watch("a")
	if err != nil {
		t.Fatal(err)
	}
	<-w.C
	put := s.Page().Load32(replyPut)
	s.Page().Store32(replyPut, put+5)
	for s.Raise(); s.Page().Load32(replyTaken) != put+5; {
		runtime.Gosched()
	}
	c.Suspended(func() bool {
		s.Restore()
		return true
	})
	<-w.C
	if c.Lives() != 1 || s.Watches() != 1 {
		t.Errorf("%d lives, %d watches", c.Lives(), s.Watches())
	}
	if v, err := c.Read(None, "c"); v != "value" || err != nil {
		t.Errorf("%q %v", v, err)
	}
	for len(w.C) > 0 {
		<-w.C
	}
	s.Set("a", "1")
	<-w.C
}
