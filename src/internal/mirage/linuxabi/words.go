package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/boot"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
)

// The words of the kernel command line that are for this package. README.md lists them all.

// settings is what the words say.
type settings struct {
	executable string // arg0=: the program's own name
	folder     string // cwd=: the working directory
	console    string // console=: whose standard input and output the program has
	hostname   string // hostname=
	network    map[string]address
	complaints []string
}

// An address is how an interface is configured.
type address struct {
	off    bool
	static *netstack.Static // nil: by DHCP
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
		}{{"arg0=", &s.executable}, {"cwd=", &s.folder}, {"console=", &s.console}, {"hostname=", &s.hostname}} {
			if v, ok := boot.Value(word, w.key); ok {
				*w.to = string(v)
			}
		}
		if v, ok := boot.Value(word, "ip="); ok {
			if name, a, ok := parseAddress(string(v)); ok {
				s.network[name] = a
			} else {
				s.complaints = append(s.complaints, "ip="+string(v)+" is not dhcp, off, or ADDRESS/BITS[,GATEWAY[,DNS...]]")
			}
		}
	}
}

// parseAddress reads [INTERFACE:]off, dhcp or ADDRESS/BITS[,GATEWAY[,DNS...]].
func parseAddress(s string) (name string, a address, ok bool) {
	if i := bytealg.IndexByteString(s, ':'); i >= 0 {
		name, s = s[:i], s[i+1:]
	}
	switch s {
	case "dhcp":
		return name, a, true
	case "off":
		return name, address{off: true}, true
	}
	fields := split(s, ',')
	p, ok := wire.ParsePrefix(fields[0])
	if !ok || !p.Addr.Is4() {
		return name, a, false
	}
	a.static = &netstack.Static{Addr: p}
	for i, f := range fields[1:] {
		addr, ok := wire.ParseAddr(f)
		switch {
		case f == "" && i == 0: // no gateway
		case !ok || !addr.Is4():
			return name, a, false
		case i == 0:
			a.static.Gateway = addr
		default:
			a.static.DNS = append(a.static.DNS, addr)
		}
	}
	return name, a, true
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
	if a := s.network[""]; a.static == nil || first {
		return a
	}
	return address{off: true}
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
