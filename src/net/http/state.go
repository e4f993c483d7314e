package http

import (
	"runtime"
	"time"
)

// stateSecond is the time that goes with a connection's state. Only that of a new one is looked at, to find those that never
// asked for anything; of the others it is that it is not 0.
func stateSecond(state ConnState) int64 {
	if runtime.GOOS == "mirage" && state != StateNew {
		return 1
	}
	return time.Now().Unix()
}
