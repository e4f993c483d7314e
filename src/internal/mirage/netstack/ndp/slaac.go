package ndp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Stateless address autoconfiguration: RFC 4862 section 5.5, with identifiers by RFC 7217 and temporary ones by RFC 8981.

// An AutoAddr is an address that was made from a prefix.
type AutoAddr struct {
	Prefix     wire.Prefix
	Temporary  bool
	Deprecated bool // not to begin anything with: RFC 4862 section 5.5.4
	Routers    Routers
}

// Routers are those that advertise a prefix, as far as is remembered: RFC 6724 section 5, rule 5.5.
type Routers [4]wire.Addr

// Has reports whether a router is among them.
func (r *Routers) Has(a wire.Addr) bool {
	for _, b := range r {
		if a == b {
			return true
		}
	}
	return false
}

// add puts a router first, and forgets the one that was there longest if they are many.
func (r *Routers) add(a wire.Addr) {
	if !r.Has(a) {
		copy(r[1:], r[:])
		r[0] = a
	}
}

type auto struct {
	AutoAddr
	preferred, valid int64 // until
	made             int64
	tries            int  // how often another station had the address: RFC 7217's DAD_Counter
	replaced         bool // a temporary one that has a successor
}

// Constants of RFC 8981 section 3.8.
const (
	tempPreferred = 24 * 3600 * second
	tempValid     = 2 * tempPreferred
	maxDesync     = tempPreferred * 2 / 5
	regenAdvance  = 5 * second // 2 + TEMP_IDGEN_RETRIES * DupAddrDetectTransmits * RetransTimer
	maxTries      = 3          // IDGEN_RETRIES of RFC 7217 section 6, TEMP_IDGEN_RETRIES
)

const twoHours = 2 * 3600 * second

// next is when something happens to the address.
func (a *auto) next() int64 {
	switch {
	case a.Deprecated || a.preferred == forever:
		return a.valid
	case a.Temporary && !a.replaced:
		return min(a.preferred-regenAdvance, a.valid)
	}
	return min(a.preferred, a.valid)
}

// autoconfigure makes addresses from a prefix, or prolongs them: RFC 4862 section 5.5.3.
func (h *Host) autoconfigure(now int64, p *wire.PrefixInfo, router wire.Addr) {
	if !h.config.Auto || !p.Auto || p.Preferred > p.Valid || p.Prefix.Bits != 64 {
		return
	}
	valid, preferred := until(now, p.Valid), until(now, p.Preferred)
	known := false
	for k := range h.addrs {
		a := &h.addrs[k]
		if !p.Prefix.Contains(a.Prefix.Addr) {
			continue
		}
		known = true
		a.Routers.add(router)
		// (e): nobody may end an address at once by forging a message.
		switch left := a.valid - now; {
		case valid-now > twoHours || valid > a.valid:
			a.valid = valid
		case left > twoHours:
			a.valid = now + twoHours
		}
		a.preferred = min(preferred, a.valid)
		if a.Temporary { // RFC 8981 section 3.4 step 1
			a.valid = min(a.valid, a.made+tempValid)
			a.preferred = min(a.preferred, a.made+tempPreferred-h.desync)
		}
		a.Deprecated = a.preferred <= now
	}
	if known || p.Valid == 0 || len(h.addrs)+2 > maxAddrs {
		return
	}
	h.addrs = append(h.addrs, auto{
		AutoAddr:  AutoAddr{Prefix: wire.Prefix{Addr: StableAddr(h.config.Secret, h.config.MAC, p.Prefix.Addr, 0), Bits: 64}},
		preferred: preferred, valid: valid, made: now,
	})
	h.addrs[len(h.addrs)-1].Routers.add(router)
	h.addTemporary(now, h.addrs[len(h.addrs)-1].AutoAddr, preferred, valid, 0)
}

// addTemporary makes a temporary address in the prefix of another: RFC 8981 section 3.4.
func (h *Host) addTemporary(now int64, of AutoAddr, preferred, valid int64, tries int) {
	preferred = min(preferred, now+tempPreferred-h.desync)
	if !h.config.Temporary || preferred <= now+regenAdvance || len(h.addrs) == maxAddrs {
		return
	}
	id := h.config.Random()
	for reserved(id) {
		id = h.config.Random()
	}
	h.addrs = append(h.addrs, auto{
		AutoAddr:  AutoAddr{Prefix: wire.Prefix{Addr: of.Prefix.Addr.WithID(id), Bits: 64}, Temporary: true, Routers: of.Routers},
		preferred: preferred, valid: min(valid, now+tempValid), made: now, tries: tries,
	})
}

// expireAddrs deprecates and forgets addresses, and makes the successors of temporary ones.
func (h *Host) expireAddrs(now int64) (changed bool) {
	for k := range h.addrs {
		a := &h.addrs[k]
		if !a.Deprecated && a.preferred <= now {
			a.Deprecated, changed = true, true
		}
		if a.Temporary && !a.replaced && a.preferred-regenAdvance <= now {
			a.replaced = true
			for _, b := range h.addrs {
				if !b.Temporary && b.Prefix.Masked() == a.Prefix.Masked() {
					h.addTemporary(now, b.AutoAddr, b.preferred, b.valid, 0)
					changed = true
					break
				}
			}
		}
	}
	h.addrs = without(h.addrs, func(a auto) bool {
		changed = changed || a.valid <= now
		return a.valid <= now
	})
	return changed
}

// Duplicate replaces an address that another station has: RFC 7217 section 6, RFC 8981 section 3.4.
func (h *Host) Duplicate(now int64, dup wire.Addr) (changed bool) {
	for k, a := range h.addrs {
		if a.Prefix.Addr != dup {
			continue
		}
		if a.tries++; a.tries >= maxTries {
			h.addrs = append(h.addrs[:k], h.addrs[k+1:]...)
		} else if a.Temporary {
			h.addrs = append(h.addrs[:k], h.addrs[k+1:]...)
			h.addTemporary(now, a.AutoAddr, a.preferred, a.valid, a.tries)
		} else {
			a.Prefix.Addr = StableAddr(h.config.Secret, h.config.MAC, dup, a.tries)
			h.addrs[k] = a
		}
		return true
	}
	return false
}

// StableAddr returns the address of an interface in the /64 of p, always the same for the same secret and interface, and
// without a relation to that in another network: RFC 7217 section 5. tries is the DAD_Counter.
func StableAddr(k inet.Secret, mac wire.MAC, p wire.Addr, tries int) wire.Addr {
	hi, _ := p.Words()
	for n := uint64(tries); ; n += 16 { // section 5, step 2: away from what is reserved
		if id := k.Hash(hi, uint64(mac), n); !reserved(id) {
			return p.WithID(id)
		}
	}
}

// reserved reports whether an interface identifier has a meaning of its own: RFC 5453, the IANA registry.
func reserved(id uint64) bool {
	return id == 0 || id>>32 == 0x02005eff || id >= 0xfdffffffffffff80 && id <= 0xfdffffffffffffff
}
