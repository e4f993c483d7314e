package debug

import (
	"expvar"
	"strconv"
	"strings"
)

func init() {
	expvar.Publish("snmp", expvar.Func(func() any { return system.counters() }))
}

// Counters are what the network counts: groups (Ip, Tcp, TcpExt, Ip6 ...) of counters by their names.
type Counters map[string]map[string]int64

func (c Counters) set(group, name, value string) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return
	}
	if c[group] == nil {
		c[group] = map[string]int64{}
	}
	c[group][name] = n
}

func (s source) counters() Counters {
	c := Counters{}
	c.readPairs(s.read("proc/net/snmp"))
	c.readPairs(s.read("proc/net/netstat"))
	c.readLines(s.read("proc/net/snmp6"))
	return c
}

// readPairs reads pairs of lines: a group and names, the same group and values.
func (c Counters) readPairs(text string) {
	lines := strings.Split(text, "\n")
	for ; len(lines) >= 2; lines = lines[2:] {
		names, values := strings.Fields(lines[0]), strings.Fields(lines[1])
		if len(names) == 0 || len(names) != len(values) || names[0] != values[0] {
			return
		}
		for i := 1; i < len(names); i++ {
			c.set(strings.TrimSuffix(names[0], ":"), names[i], values[i])
		}
	}
}

// groups6 are what the names in snmp6 begin with, those that begin with another before it.
var groups6 = []string{"Icmp6", "Ip6", "UdpLite6", "Udp6"}

// readLines reads a name and a value from each line.
func (c Counters) readLines(text string) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 2 {
			continue
		}
		for _, g := range groups6 {
			if name, ok := strings.CutPrefix(f[0], g); ok {
				c.set(g, name, f[1])
				break
			}
		}
	}
}
