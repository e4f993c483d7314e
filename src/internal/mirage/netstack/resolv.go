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
	s.mu.Lock()
	defer s.mu.Unlock()
	var r Resolver
	for _, i := range s.ifaces {
		for _, server := range i.resolver.Servers {
			r.add(server)
		}
		if r.Domain == "" {
			r.Domain = i.resolver.Domain
		}
	}
	return r
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
	r := s.Resolver()
	if r.Domain != "" {
		b = append(append(append(b, "search "...), r.Domain...), '\n')
	}
	for _, a := range r.Servers {
		b = append(a.AppendTo(append(b, "nameserver "...)), '\n')
	}
	return b
}
