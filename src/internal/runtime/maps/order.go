package maps

import _ "unsafe"

// cheaprand draws where an iteration begins: it is to differ from time to time, but it is no secret, and the generator of
// secrets takes five times as long, for half a dozen small maps a request.
//
//go:linkname cheaprand runtime.cheaprand
func cheaprand() uint32
