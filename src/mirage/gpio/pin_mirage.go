//go:build mirage

package gpio

import (
	"internal/mirage/device"
	"sync"
)

// board is the machine's controller.
type board struct{ device.Pins }

func (b board) setPull(pin int, p Pull) {
	b.SetPull(pin, [...]device.Pull{Float: device.PullOff, PullDown: device.PullDown, PullUp: device.PullUp}[p])
}

func (b board) watch(pin int, e Edge, f func()) error {
	edges := [...]device.Edges{NoEdge: 0, RisingEdge: device.Rising, FallingEdge: device.Falling, BothEdges: device.Rising | device.Falling}[e]
	return b.Watch(pin, edges, f)
}

// find returns the machine's first controller, nil when there is none: those there are, are found before main starts.
var find = sync.OnceValue(func() (c controller) {
	device.EachPins(func(p device.Pins) {
		if c == nil {
			c = board{p}
		}
	})
	return c
})
