//go:build !mirage

package linuxabi

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// netFile reads a file of /proc/net: the thread's own, since the test has put it into a network of its own.
func (r *trace6) netFile(name string) string {
	folder := "/proc/net/"
	if r.w.name == "host" {
		folder = "/proc/thread-self/net/"
	}
	fd := r.w.must(r.t, syscall.SYS_OPENAT, 0, folder+name, syscall.O_RDONLY, 0)
	defer r.w.do(syscall.SYS_CLOSE, fd)
	var text []byte
	for b := make([]byte, 1<<16); ; {
		n := r.w.must(r.t, syscall.SYS_READ, fd, b, len(b))
		if n == 0 {
			return string(text)
		}
		text = append(text, b[:n]...)
	}
}

// sample opens sockets of all kinds, in all states that stay.
func (r *trace6) sample() (fds []int) {
	bound := func(domain, kind, protocol int, addr []byte) int {
		fd := r.open(domain, kind, protocol)
		r.do("bind", syscall.SYS_BIND, fd, addr, len(addr))
		fds = append(fds, fd)
		return fd
	}
	four := func(last byte, port uint16) []byte { return sockaddr(127, 0, 0, last, port) }
	six := func(port uint16) []byte { return sockaddr6("::1", port, 0) }
	for _, v6 := range []bool{false, true} {
		domain, addr, echo := linux.AF_INET, four, linux.IPPROTO_ICMP
		if v6 {
			domain, addr, echo = linux.AF_INET6, func(_ byte, port uint16) []byte { return six(port) }, linux.IPPROTO_ICMPV6
		}
		listener := bound(domain, linux.SOCK_STREAM, 0, addr(1, 80))
		r.do("listen", syscall.SYS_LISTEN, listener, 9)
		client := bound(domain, linux.SOCK_STREAM, 0, addr(1, 1000))
		r.do("connect", syscall.SYS_CONNECT, client, addr(1, 80), len(addr(1, 80)))
		fds = append(fds, r.w.must(r.t, syscall.SYS_ACCEPT4, listener, 0, 0, 0))
		waits := bound(domain, linux.SOCK_STREAM, 0, addr(1, 1001)) // to be accepted
		r.do("connect", syscall.SYS_CONNECT, waits, addr(1, 80), len(addr(1, 80)))
		server := bound(domain, linux.SOCK_DGRAM, 0, addr(1, 53))
		asks := bound(domain, linux.SOCK_DGRAM, 0, addr(1, 2000))
		r.do("connect", syscall.SYS_CONNECT, asks, addr(1, 53), len(addr(1, 53)))
		_ = server
		bound(domain, linux.SOCK_RAW, 253, addr(1, 0))
		bound(domain, linux.SOCK_DGRAM, echo, addr(1, 77))
	}
	any := bound(linux.AF_INET6, linux.SOCK_DGRAM, 0, sockaddr6("::", 54, 0))
	r.do("connect", syscall.SYS_CONNECT, any, sockaddr6("::ffff:127.0.0.1", 9, 0), 28)
	return fds
}

// rows are a table's lines without what is each kernel's own: numbers, inodes, references, pointers, timers and windows; and
// how long they are, if they are filled up.
func rows(text string) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for k, line := range lines[1:] {
		f := strings.Fields(line)
		f[0], f[9], f[10], f[11] = "-", "-", "-", "-"
		shown := strings.Join(f[:12], " ") + fmt.Sprint(", and ", len(f)-12)
		if strings.HasSuffix(line, " ") {
			shown += fmt.Sprint(", octets ", len(line))
		}
		lines[1+k] = shown
	}
	slices.Sort(lines[1:])
	return lines
}

// tables compares what the tables of sockets say.
func (r *trace6) tables() {
	fds := r.sample()
	time.Sleep(100 * time.Millisecond)
	for _, name := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6", "icmp"} { // icmp6 is wrong on Linux: it has IPv4's too
		fmt.Fprintf(&r.b, "%s:\n%s\n", name, strings.Join(rows(r.netFile(name)), "\n"))
	}
	for _, line := range strings.Split(r.netFile("sockstat")+r.netFile("sockstat6"), "\n") {
		line, _, _ = strings.Cut(line, " mem") // what memory they take is their own affair
		if !strings.HasPrefix(line, "sockets") && !strings.HasPrefix(line, "TCP:") {
			fmt.Fprintln(&r.b, line)
		}
	}
	r.close(fds...)
}

// counts reads the counters of snmp, snmp6 and netstat, by their names.
func (r *trace6) counts() (names []string, all map[string]int) {
	all = make(map[string]int)
	for _, file := range []string{"snmp", "netstat"} {
		lines := strings.Split(r.netFile(file), "\n")
		for k := 0; k+1 < len(lines); k += 2 {
			heads, values := strings.Fields(lines[k]), strings.Fields(lines[k+1])
			if len(heads) != len(values) || heads[0] != values[0] {
				r.t.Fatalf("%s: %q and %q", r.w.name, lines[k], lines[k+1])
			}
			for n := 1; n < len(heads); n++ {
				v, err := strconv.Atoi(values[n])
				if err != nil {
					r.t.Fatal(err)
				}
				name := heads[0] + heads[n]
				all[name] = v
				if file == "snmp" {
					names = append(names, name)
				}
			}
		}
	}
	for _, line := range strings.Split(strings.TrimSuffix(r.netFile("snmp6"), "\n"), "\n") {
		name, value, ok := strings.Cut(line, "\t")
		v, err := strconv.Atoi(value)
		if !ok || err != nil || len(name) != 32 && len(strings.TrimRight(name, " ")) < 32 {
			r.t.Fatalf("%s: %q", r.w.name, line)
		}
		names, all[strings.TrimRight(name, " ")] = append(names, name), v
	}
	return names, all
}

// traffic is what both worlds are to count alike.
func (r *trace6) traffic() {
	for _, v6 := range []bool{false, true} {
		domain, echoes, typ, addr := linux.AF_INET, linux.IPPROTO_ICMP, byte(8), func(port uint16) []byte { return sockaddr(127, 0, 0, 1, port) }
		if v6 {
			domain, echoes, typ, addr = linux.AF_INET6, linux.IPPROTO_ICMPV6, 128, func(port uint16) []byte { return sockaddr6("::1", port, 0) }
		}
		in, out := r.open(domain, linux.SOCK_DGRAM, 0), r.open(domain, linux.SOCK_DGRAM, 0)
		r.do("bind", syscall.SYS_BIND, in, addr(53), len(addr(53)))
		b := make([]byte, 5000)
		for _, n := range []int{0, 10, 3000} { // the last in fragments
			r.send("to one", out, b[:n], addr(53))
			if n, e := r.w.do(syscall.SYS_RECVFROM, in, b, len(b), 0, 0, 0); e != 0 {
				r.t.Error(n, e)
			}
		}
		for range 3 {
			r.send("to nobody", out, b[:20], addr(9))
		}
		small := int32(1)
		r.w.must(r.t, syscall.SYS_SETSOCKOPT, in, linux.SOL_SOCKET, linux.SO_RCVBUF, unsafe.Pointer(&small), 4)
		ping := r.open(domain, linux.SOCK_DGRAM, echoes)
		r.send("a request", ping, echo(typ, 1, "hello"), addr(0))
		r.w.do(syscall.SYS_RECVFROM, ping, b, len(b), 0, 0, 0)
		bad := r.open(domain, linux.SOCK_RAW, linux.IPPROTO_UDP)
		r.send("a bad checksum", bad, []byte("\x00\x07\x00\x09\x00\x0a\x12\x34xy"), addr(0))
		r.close(in, out, ping, bad)
	}
	l, c := r.open(linux.AF_INET, linux.SOCK_STREAM, 0), r.open(linux.AF_INET, linux.SOCK_STREAM, 0)
	r.do("connect to nobody", syscall.SYS_CONNECT, c, sockaddr(127, 0, 0, 1, 80), 16)
	r.do("bind", syscall.SYS_BIND, l, sockaddr(127, 0, 0, 1, 80), 16)
	r.do("listen", syscall.SYS_LISTEN, l, 1)
	r.do("connect", syscall.SYS_CONNECT, c, sockaddr(127, 0, 0, 1, 80), 16)
	r.w.must(r.t, syscall.SYS_ACCEPT4, l, 0, 0, 0)
	time.Sleep(100 * time.Millisecond)
}

// The counters of /proc/net have Linux's names in Linux's order, and count what Linux counts.
func TestCountersAsHost(t *testing.T) {
	host := isolated(t)
	ours, p := booted(t, "/x")
	p.net.stack.Interface(1).SetMTU(isolatedMTU)
	want, got := &trace6{t: t, w: host}, &trace6{t: t, w: ours}
	names, before := want.counts()
	_, ourBefore := got.counts()
	want.traffic()
	got.traffic()
	all, after := want.counts()
	ourNames, ourAfter := got.counts()
	known := slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(ourNames, name) })
	if !slices.Equal(known, ourNames) {
		t.Errorf("names:\n%v\nthe host:\n%v", ourNames, all)
	}
	for _, name := range names {
		if !slices.Contains(ourNames, name) {
			t.Errorf("there is no %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ourAfter)) {
		if _, ok := after[name]; !ok {
			t.Errorf("the host does not count %s", name)
		}
		switch {
		case strings.HasPrefix(name, "Tcp:") && (strings.HasSuffix(name, "Segs") || strings.HasPrefix(name, "Tcp:Rto")),
			strings.HasPrefix(name, "Ip:"), strings.HasPrefix(name, "IpExt:"), strings.HasPrefix(name, "Ip6"):
			// how many segments a connection takes is a matter of timing, and errors quote as much as each likes
			if strings.Contains(name, "Reasm") || strings.Contains(name, "Frag") {
				break
			}
			continue
		}
		if host, our := after[name]-before[name], ourAfter[name]-ourBefore[name]; host != our {
			t.Errorf("%s: %d, the host counts %d", name, our, host)
		}
	}
}

// The tables of sockets are written as Linux writes them.
func TestSocketTablesAsHost(t *testing.T) {
	host := isolated(t)
	ours, _ := booted(t, "/x")
	want, got := &trace6{t: t, w: host}, &trace6{t: t, w: ours}
	want.tables()
	got.tables()
	a, b := strings.Split(want.b.String(), "\n"), strings.Split(got.b.String(), "\n")
	for k := range max(len(a), len(b)) {
		if at(a, k) != at(b, k) {
			t.Errorf("%q, the host:\n%q", at(b, k), at(a, k))
		}
	}
}

// What there is of addresses, routes and groups of lo is written as Linux writes it. The host has a route more, which refuses.
func TestLoopbackFilesAsHost(t *testing.T) {
	host := isolated(t)
	ours, _ := booted(t, "/x")
	want, got := &trace6{t: t, w: host}, &trace6{t: t, w: ours}
	for _, name := range []string{"if_inet6", "igmp", "ipv6_route", "dev"} {
		all := want.netFile(name)
		for _, line := range strings.Split(got.netFile(name), "\n") {
			if name == "dev" && strings.Contains(line, "lo:") {
				line = "" // it counts what has been sent, which is nothing yet
			}
			if name == "ipv6_route" && len(line) > 108 { // but for how often it has been used
				line = line[:100]
			}
			if !strings.Contains(all, line) {
				t.Errorf("%s: %q, the host:\n%s", name, line, all)
			}
		}
	}
}
