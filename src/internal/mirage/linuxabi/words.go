package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/boot"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
	"internal/strconv"
)

// The words of the kernel command line that are for this package. README.md lists them all.

// settings is what the words say.
type settings struct {
	executable string // arg0=: the program's own name
	folder     string // cwd=: the working directory
	console    string // console=: whose standard input and output the program has
	hostname   string // hostname=
	secret     string // secret=: what addresses are made with
	stable     bool   // privacy=off: no temporary addresses
	clock      timing // ntp=: who is asked what time it is
	network    map[string]address
	named      []string // the interfaces in network, but for "", in the order of the words
	mounts     []mountWord
	complaints []string
}

// timing is who is asked what time it is: servers, or, if there are none, those of DHCP; nobody if it is off.
type timing struct {
	off     bool
	servers []wire.AddrPort
}

// An address is how an interface is configured.
type address struct {
	off     bool
	static  *netstack.Static // of IPv4; nil: by DHCP
	static6 *netstack.Static // of IPv6; nil: as routers say
}

// parseWords reads the words before " -- ". What is not understood is complained of, and left out.
func parseWords(line string) (s settings) {
	s.network = map[string]address{"": {}}
	words := boot.SplitWords([]byte(line), make([]byte, len(line)+1))
	for {
		word, ok := words.Next()
		if !ok || string(word) == "--" {
			return s
		}
		for _, w := range []struct {
			key string
			to  *string
		}{{"arg0=", &s.executable}, {"cwd=", &s.folder}, {"console=", &s.console}, {"hostname=", &s.hostname}, {"secret=", &s.secret}} {
			if v, ok := boot.Value(word, w.key); ok {
				*w.to = string(v)
			}
		}
		if complaint := misspelt(string(word)); complaint != "" {
			s.complaints = append(s.complaints, complaint)
		}
		s.stable = s.stable || string(word) == "privacy=off"
		if v, ok := boot.Value(word, "ntp="); ok {
			if s.clock, ok = parseTiming(string(v)); !ok {
				s.complaints = append(s.complaints, "ntp="+string(v)+" is not dhcp, off, or ADDRESS[:PORT][,ADDRESS[:PORT]...]")
			}
		}
		if v, ok := boot.Value(word, "mount:"); ok {
			if complaint := s.mount(string(v)); complaint != "" {
				s.complaints = append(s.complaints, "mount:"+string(v)+" "+complaint)
			}
		}
		if v, ok := boot.Value(word, "ip="); ok && !s.address(string(v)) {
			s.complaints = append(s.complaints, "ip="+string(v)+" is not dhcp, off, or ADDRESS/BITS[,GATEWAY[,DNS...]]")
		}
	}
}

// address reads [INTERFACE:]off, dhcp or ADDRESS/BITS[,GATEWAY[,DNS...]]. Each family has its own: an address of one leaves
// the other as it is.
func (s *settings) address(v string) bool {
	name := ""
	static, ok := parseStatic(v)
	if i := bytealg.IndexByteString(v, ':'); !ok && i >= 0 { // it was no colon of an IPv6 address
		name, v = v[:i], v[i+1:]
		static, ok = parseStatic(v)
	}
	a, known := s.network[name]
	if !known {
		s.named = append(s.named, name)
	}
	a.off = false
	switch {
	case v == "off":
		a = address{off: true}
	case v == "dhcp":
		a.static = nil
	case !ok:
		return false
	case static.Addr.Addr.Is4():
		a.static = static
	default:
		a.static6 = static
	}
	s.network[name] = a
	return true
}

// parseStatic reads ADDRESS/BITS[,GATEWAY[,DNS...]].
func parseStatic(s string) (c *netstack.Static, ok bool) {
	fields := split(s, ',')
	p, ok := wire.ParsePrefix(fields[0])
	if !ok {
		return nil, false
	}
	c = &netstack.Static{Addr: p}
	for i, f := range fields[1:] {
		addr, ok := wire.ParseAddr(f)
		switch {
		case f == "" && i == 0: // no gateway
		case !ok || i == 0 && addr.Is4() != p.Addr.Is4():
			return nil, false
		case i == 0:
			c.Gateway = addr
		default:
			c.DNS = append(c.DNS, addr)
		}
	}
	return c, true
}

// parseTiming reads dhcp, off, or ADDRESS[:PORT][,...], an IPv6 address with a port in brackets (RFC 3986 section 3.2.2).
func parseTiming(s string) (t timing, ok bool) {
	switch s {
	case "dhcp":
		return t, true
	case "off":
		return timing{off: true}, true
	}
	for _, part := range split(s, ',') {
		server, ok := parseServer(part)
		if !ok {
			return timing{}, false
		}
		t.servers = append(t.servers, server)
	}
	return t, true
}

func parseServer(s string) (server wire.AddrPort, ok bool) {
	server.Port = wire.NTPPort
	if server.Addr, ok = wire.ParseAddr(s); ok {
		return server, true
	}
	i := bytealg.LastIndexByteString(s, ':')
	if i < 0 {
		return server, false
	}
	host, port := s[:i], s[i+1:]
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 0xffff {
		return server, false
	}
	server.Port = uint16(n)
	server.Addr, ok = wire.ParseAddr(host)
	return server, ok
}

// split cuts s at each c.
func split(s string, c byte) (parts []string) {
	for {
		i := bytealg.IndexByteString(s, c)
		if i < 0 {
			return append(parts, s)
		}
		parts, s = append(parts, s[:i]), s[i+1:]
	}
}

// of returns how an interface is to be configured. What is said without a name is for the first one if it is an
// address, and for all if not.
func (s *settings) of(name string, first bool) address {
	if a, ok := s.network[name]; ok {
		return a
	}
	if a := s.network[""]; a.static == nil && a.static6 == nil || first {
		return a
	}
	return address{off: true}
}

// absent returns the interfaces that words name and that the machine has no card for.
func (s *settings) absent(has func(name string) bool) (names []string) {
	for _, name := range s.named {
		if !has(name) {
			names = append(names, name)
		}
	}
	return names
}

// program returns the path of the program's own file.
func (s *settings) program() string {
	switch i := bytealg.LastIndexByteString(s.executable, '/'); {
	case len(s.executable) > 1 && s.executable[0] == '/' && i < len(s.executable)-1:
		return s.executable
	case i >= 0 && i < len(s.executable)-1:
		return "/bin/" + s.executable[i+1:]
	case s.executable != "" && i < 0:
		return "/bin/" + s.executable
	}
	return "/bin/program"
}
