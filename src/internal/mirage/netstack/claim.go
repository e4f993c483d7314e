package netstack

import (
	"internal/mirage/netstack/arp"
	"internal/mirage/netstack/wire"
	"sync"
)

// claims are the addresses that an interface claims on its link.
type claims struct {
	mu  sync.Mutex
	all []claim
}

type claim struct {
	probe    *arp.Probe
	conflict func() // called, without locks held, when the address turns out to be someone else's; may be nil
}

// claim probes for an address, announces it, and defends it. conflict is called if another station has it and the
// probing is not over.
func (i *Interface) claim(a wire.Addr, conflict func()) {
	if i.loopback {
		return
	}
	p := arp.NewProbe(i.stack.Now(), a, i.stack.random64())
	i.claims.mu.Lock()
	i.claims.all = append(i.claims.all, claim{p, conflict})
	i.claims.mu.Unlock()
	i.armARP()
}

func (i *Interface) unclaim(a wire.Addr) {
	i.claims.mu.Lock()
	defer i.claims.mu.Unlock()
	for k, c := range i.claims.all {
		if c.probe.Addr == a {
			i.claims.all = append(i.claims.all[:k:k], i.claims.all[k+1:]...)
			return
		}
	}
}

// next returns when pollClaims is due, 0 if never.
func (c *claims) next() (due int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, claim := range c.all {
		if n := claim.probe.Next(); n != 0 && (due == 0 || n < due) {
			due = n
		}
	}
	return due
}

func (i *Interface) pollClaims(now int64) {
	random := i.stack.random64()
	var out []arp.Message
	i.claims.mu.Lock()
	for _, c := range i.claims.all {
		if m, send := c.probe.Poll(now, random); send {
			out = append(out, m)
		}
	}
	i.claims.mu.Unlock()
	for _, m := range out {
		i.sendARP(m, false)
	}
}

// checkClaims looks whether a message means that another station has an address of ours.
func (i *Interface) checkClaims(now int64, m wire.ARP) {
	var conflict func()
	var defence arp.Message
	var defend bool
	i.claims.mu.Lock()
	for _, c := range i.claims.all {
		if !c.probe.Conflicts(m, i.mac) {
			continue
		}
		i.stack.counters.ARPInConflicts.Add(1)
		if c.probe.Tentative() && c.conflict != nil {
			conflict = c.conflict
		} else {
			defence, defend = c.probe.Defend(now)
		}
	}
	i.claims.mu.Unlock()
	if defend {
		i.sendARP(defence, true)
	}
	if conflict != nil {
		conflict()
	}
}
