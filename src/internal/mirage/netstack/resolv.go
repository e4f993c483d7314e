package netstack

import "internal/mirage/netstack/wire"

// Resolver is what resolv.conf says.
type Resolver struct {
	Servers []wire.Addr
	Domain  string
}

// maxServers is how many name servers resolv.conf has: resolvers read no more (resolv.conf(5), MAXNS).
const maxServers = 3

// Resolver returns the name servers of all interfaces in the order of their indices, and the first domain.
func (s *Stack) Resolver() Resolver {
	r, _ := s.resolver()
	return r
}

// resolver returns also the name of the interface of each server that is link-local.
func (s *Stack) resolver() (r Resolver, zones []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.ifaces {
		for _, from := range [...]*Resolver{&i.resolver, &i.v6.resolver, &i.v6.dhcpResolver, &i.v6.autoResolver} {
			for _, server := range from.Servers {
				if r.add(server); len(r.Servers) > len(zones) {
					zones = append(zones, "")
					if server.IsLinkLocal() {
						zones[len(zones)-1] = "%" + i.name // RFC 4007 section 11
					}
				}
			}
			if r.Domain == "" {
				r.Domain = from.Domain
			}
		}
	}
	return r, zones
}

func (r *Resolver) add(server wire.Addr) {
	if len(r.Servers) == maxServers {
		return
	}
	for _, a := range r.Servers {
		if a == server {
			return
		}
	}
	r.Servers = append(r.Servers, server)
}

// ResolvConf returns the same as the text of /etc/resolv.conf.
func (s *Stack) ResolvConf() []byte {
	var b []byte
	r, zones := s.resolver()
	if r.Domain != "" {
		b = append(append(append(b, "search "...), r.Domain...), '\n')
	}
	for k, a := range r.Servers {
		b = append(append(a.AppendTo(append(b, "nameserver "...)), zones[k]...), '\n')
	}
	return b
}
