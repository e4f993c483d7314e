//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	_ "unsafe"
)

// pollUnlimited reports whether pd has no deadline of mode ('r', 'w' or 'r'+'w'), as far as a caller without its lock can say:
// who sets one at the same time may as well have done so before or after.
//
//go:linkname pollUnlimited internal/poll.runtime_pollUnlimited
func pollUnlimited(pd *pollDesc, mode int) bool {
	return (mode == 'w' || atomic.Loadint64(&pd.rd) == 0) && (mode == 'r' || atomic.Loadint64(&pd.wd) == 0)
}
