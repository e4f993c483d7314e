//go:build unix || windows || wasip1

package poll

import (
	"runtime"
	"sync/atomic"
	"time"
)

// runtime_pollUnlimited reports whether a poll descriptor has no deadline of mode. It is mirage's alone.
func runtime_pollUnlimited(ctx uintptr, mode int) bool

// unlimited reports whether t takes back a deadline that is not there, as a server does five times for a request: nothing is to
// be done then. A descriptor that is closed is for the long way to tell.
func (fd *FD) unlimited(t time.Time, mode int) bool {
	if runtime.GOOS != "mirage" || !t.IsZero() || atomic.LoadUint64(&fd.fdmu.state)&mutexClosed != 0 {
		return false
	}
	// Close may come in between and give the poll descriptor back: its memory stays one of those, and then any answer will do.
	ctx := fd.pd.runtimeCtx
	return ctx != 0 && runtime_pollUnlimited(ctx, mode)
}
