package device

import "sync"

// Whoever runs the machine may ask it to end: by a power button, or by the hypervisor's own way.
var shutdown struct {
	mu    sync.Mutex
	asked bool // before anybody wanted to hear of it
	f     func()
}

// OnShutdown has f called each time the machine is asked to end. At most one f; it must not block.
func OnShutdown(f func()) {
	shutdown.mu.Lock()
	shutdown.f = f
	asked := shutdown.asked
	shutdown.mu.Unlock()
	if asked {
		f()
	}
}

// Shutdown passes on that the machine is asked to end. Drivers call it; it returns before anything has ended.
func Shutdown() {
	shutdown.mu.Lock()
	f := shutdown.f
	shutdown.asked = f == nil
	shutdown.mu.Unlock()
	if f != nil {
		f()
	}
}
