//go:build !mirage

package fs

import (
	"runtime"
	"testing"
)

// Who takes a reference while the last one goes has the contents: they go only when nobody has one.
func TestReferenceInTime(t *testing.T) {
	f := New(1<<20, func() int64 { return 1 })
	n, e := f.NewFile(0o600)
	if e != 0 {
		t.Fatal(e)
	}
	n.WriteAt([]byte("text"), 0)
	done := make(chan bool)
	n.mu.Lock()
	go func() {
		n.Release()
		close(done)
	}()
	for n.refs.Load() != 0 {
		runtime.Gosched()
	}
	for range 100 { // until it waits for the lock
		runtime.Gosched()
	}
	n.Acquire()
	n.mu.Unlock()
	<-done
	if n.Size() != 4 {
		t.Errorf("%d bytes are left, want 4", n.Size())
	}
	n.Release()
	if _, used, nodes := f.Usage(); used != 0 || nodes != 1 {
		t.Errorf("%d bytes and %d nodes are left", used, nodes)
	}
}
