//go:build !mirage

package tcp

import (
	"internal/mirage/netstack/tcp"
	"mirage/netstack"
	"sync"
)

// protocols are those of stacks that have been asked for it. A stack that is closed keeps its own, as does who uses it.
var protocols struct {
	mu  sync.Mutex
	all map[*netstack.Stack]*tcp.Protocol
}

// on returns a stack's TCP, and makes it the first time.
func on(s *netstack.Stack) *tcp.Protocol {
	protocols.mu.Lock()
	defer protocols.mu.Unlock()
	p := protocols.all[s]
	if p == nil {
		if protocols.all == nil {
			protocols.all = map[*netstack.Stack]*tcp.Protocol{}
		}
		p = tcp.New(s.Under())
		protocols.all[s] = p
	}
	return p
}
