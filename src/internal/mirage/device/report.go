package device

import "sync/atomic"

var reporter atomic.Pointer[func(name string, err error)]

// SetReporter has f told of devices that fail. At most one f at a time.
func SetReporter(f func(name string, err error)) { reporter.Store(&f) }

// Report says that the device of that name failed. A driver says so once for a device, so that one that misbehaves cannot
// fill the console.
func Report(name string, err error) {
	if f := reporter.Load(); f != nil {
		(*f)(name, err)
	}
}
