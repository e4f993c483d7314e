//go:build !mirage

package device

import "testing"

func TestShutdown(t *testing.T) {
	calls := 0
	Shutdown() // nobody wants to hear of it yet
	OnShutdown(func() { calls++ })
	if calls != 1 {
		t.Errorf("a request from before is told of %d times", calls)
	}
	Shutdown()
	Shutdown()
	if calls != 3 {
		t.Errorf("3 requests are told of %d times", calls)
	}
}
