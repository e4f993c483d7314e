//go:build !mirage

package clock

import (
	"testing"
	"time"
)

func TestTimers(t *testing.T) {
	timer, fired := NewTimer(Hour)
	called := make(chan struct{})
	AfterFunc(Millisecond, func() { close(called) })
	timer.Reset(Millisecond)
	for _, c := range []<-chan struct{}{fired, called} {
		select {
		case <-c:
		case <-time.After(10 * time.Second):
			t.Fatal("a timer does not fire")
		}
	}
	timer.Reset(Hour)
	timer.Stop()
	select {
	case <-fired:
		t.Error("a stopped timer fired")
	default:
	}
	start := time.Now()
	if Sleep(2 * Millisecond); time.Since(start) < 2*time.Millisecond {
		t.Errorf("slept for %v", time.Since(start))
	}
}
