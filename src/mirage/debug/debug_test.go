//go:build !mirage

package debug

import (
	"encoding/json"
	"expvar"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// machine is what a small machine says, as proc(5) and sysfs(5) have it.
func machine() source {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return source{fstest.MapFS{
		"proc/uptime":                           file("12.34 20.00\n"),
		"proc/stat":                             file("cpu  10 0 0 50 0 0 0 0 0 0\ncpu0 10 5 5 50 50 1 2 3 9 9\ncpu1 0 0 0 700 0 0 0 0 0 0\nintr 5\n"),
		"proc/meminfo":                          file("MemTotal:         65536 kB\nMemFree:            100 kB\nMemAvailable:       200 kB\nCached:               1 kB\nHugePages_Total: 3\n"),
		"proc/net/dev":                          file("Inter-|\n face |bytes\n    lo:       1       2       3 4 0 0 0 0 5 6 7 8 0 0 0 0\n"),
		"proc/interrupts":                       file("           CPU0       CPU1\n  0:         42          1  MSI 0   virtio-pci 0:3.0 queue 0\nLOC:  7 8  Local timer interrupts\nERR: 9\n"),
		"proc/net/snmp":                         file("Ip: Forwarding InReceives\nIp: 2 100\nTcp: MaxConn CurrEstab\nTcp: -1 3\n"),
		"proc/net/netstat":                      file("TcpExt: TW TCPTimeouts\nTcpExt: 1 2\nBroken: A B\nBroken: 1\n"),
		"proc/net/snmp6":                        file("Ip6InReceives                   \t7\nIcmp6InMsgs \t8\nUdp6InDatagrams\t9\nUdpLite6NoPorts 1\nOther 5\nIp6Bad x\n"),
		"proc/net/sockstat":                     file("sockets: used 3\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 2\nUDP: inuse 1 mem 1\n"),
		"proc/net/tcp":                          file("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:0050 0200000A:C001 01 0000000A:00000014 01:00000014 00000002     0        0 5 1 0000000000000000 20 4 30 10 7\n   1: 00000000:0050 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 6 1 0000000000000000 100 0 0 10 -1\n"),
		"proc/net/udp6":                         file("head\n 10: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000009 00:00000000 00000000     0        0 7 2 0000000000000000 4\n bad: line\n"),
		"sys/bus/virtio/devices/virtio0/driver": {Data: []byte("../../drivers/virtio_net"), Mode: fs.ModeSymlink},
		"sys/bus/virtio/devices/virtio0/uevent": file("DRIVER=virtio_net\nPLACE=virtio-pci 0:3.0\n"),
		"sys/bus/virtio/devices/virtio1/uevent": file("\n"),
	}}
}

func TestState(t *testing.T) {
	s := machine().state(10)
	for _, c := range []struct{ name, got, want any }{
		{"uptime", s.Uptime, 12.34},
		{"CPUs", fmt.Sprintf("%.2f", s.CPUs), "[{0.26 1.00} {0.00 7.00}]"},
		{"memory", s.Memory, Memory{65536 << 10, 100 << 10, 200 << 10, 1 << 10}},
		{"interfaces", s.Interfaces, []Interface{{"lo", 1, 2, 3, 4, 5, 6, 7, 8}}},
		{"interrupts", s.Interrupts, []Interrupt{{"0", []uint64{42, 1}, "MSI 0 virtio-pci 0:3.0 queue 0"}, {"LOC", []uint64{7, 8}, "Local timer interrupts"}, {"ERR", []uint64{9}, ""}}},
		{"devices", s.Devices, []Device{{"virtio", "virtio0", "virtio_net", "virtio-pci 0:3.0"}}},
		{"counters", s.Counters, Counters{
			"Ip": {"Forwarding": 2, "InReceives": 100}, "Tcp": {"MaxConn": -1, "CurrEstab": 3}, "TcpExt": {"TW": 1, "TCPTimeouts": 2},
			"Ip6": {"InReceives": 7}, "Icmp6": {"InMsgs": 8}, "Udp6": {"InDatagrams": 9}, "UdpLite6": {"NoPorts": 1},
		}},
		{"sockets", s.Sockets, Sockets{
			List: []Socket{
				{Protocol: "tcp", State: "ESTAB", Local: netip.MustParseAddrPort("127.0.0.1:80"), Remote: netip.MustParseAddrPort("10.0.0.2:49153"),
					RecvQueue: 20, SendQueue: 10, Retransmits: 2, Timeout: 0.2, Window: 10, Threshold: 7},
				{Protocol: "tcp", State: "LISTEN", Local: netip.MustParseAddrPort("0.0.0.0:80"), Remote: netip.MustParseAddrPort("0.0.0.0:0"),
					RecvQueue: 3, Timeout: 1, Window: 10, Threshold: -1},
				{Protocol: "udp6", State: "UNCONN", Local: netip.MustParseAddrPort("[::1]:53"), Remote: netip.MustParseAddrPort("[::]:0"),
					RecvQueue: 9, Threshold: -1, Drops: 4},
			},
			Total: 3, States: map[string]int{"ESTAB": 1, "LISTEN": 1}, Memory: map[string]int{"TCP": 8192, "UDP": 4096},
		}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%v:\n%+v, want\n%+v", c.name, c.got, c.want)
		}
	}
	if s.Go.Goroutines == 0 || s.Go.Heap == 0 || s.Go.Limit == 0 || s.Program.OS == "" {
		t.Errorf("the runtime says nothing: %+v", s.Go)
	}
	if some := machine().sockets(1); len(some.List) != 1 || some.Total != 3 {
		t.Errorf("of one socket %d are listed, %d there", len(some.List), some.Total)
	}
}

// Where there is no /proc, what can be had is shown.
func TestNoFiles(t *testing.T) {
	s := source{fstest.MapFS{}}.state(10)
	if s.Go.Goroutines == 0 || s.CPUs != nil || s.Sockets.Total != 0 {
		t.Errorf("%+v", s)
	}
}

func get(t *testing.T, h http.Handler, path string) (int, http.Header, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, w.Result().Header, string(body)
}

func TestHandler(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/debug/mirage/", handler{machine()})
	code, head, body := get(t, mux, "/debug/mirage/")
	if code != 200 || !strings.HasPrefix(body, "<!DOCTYPE html>") || head.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("the page: %d %v", code, head)
	}
	if p := head.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "script-src 'unsafe") {
		t.Errorf("the page's policy is %q", p)
	}
	for _, outside := range []string{"http:", "https:", "src=", "//cdn", "@import", "innerHTML", "eval("} {
		if strings.Contains(body, outside) {
			t.Errorf("the page has %q", outside)
		}
	}
	code, head, body = get(t, mux, "/debug/mirage/state?sockets=1")
	var s State
	if err := json.Unmarshal([]byte(body), &s); err != nil || code != 200 || head.Get("Content-Type") != "application/json" {
		t.Fatal(code, head, err)
	}
	if len(s.Sockets.List) != 1 || s.Counters["Ip"]["InReceives"] != 100 {
		t.Errorf("%+v", s)
	}
	_, _, body = get(t, mux, "/debug/mirage/ss?sockets=2")
	want := "Netid  State   Recv-Q  Send-Q  Local Address:Port  Peer Address:Port  \n" +
		"tcp    ESTAB   20      10      127.0.0.1:80        10.0.0.2:49153     rto:200 cwnd:10 ssthresh:7 retrans:2\n" +
		"tcp    LISTEN  3       0       0.0.0.0:80          0.0.0.0:0          rto:1000 cwnd:10\n" +
		"and 1 more: ?sockets=3 shows them\ntcp ESTAB: 1\ntcp LISTEN: 1\n"
	if body != want {
		t.Errorf("\n%s, want\n%s", body, want)
	}
	if code, _, _ = get(t, mux, "/debug/mirage/other"); code != 404 {
		t.Errorf("what is not there: %d", code)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "/debug/mirage/state", nil))
	if w.Code != 405 || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
}

// What somebody else may have chosen cannot become markup: the page has no data, and the JSON says what it is.
func TestEscaping(t *testing.T) {
	m := machine()
	m.root.(fstest.MapFS)["proc/interrupts"] = &fstest.MapFile{Data: []byte("CPU0\n0: 1 </script><script>alert(1)\n")}
	_, head, body := get(t, handler{m}, "/state")
	if strings.Contains(body, "<script>") || head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v\n%s", head, body)
	}
	if _, _, page := get(t, handler{m}, "/"); strings.Contains(page, "alert(1)") {
		t.Error("the page has data in it")
	}
}

// On the system that the test runs on: a listener of ours is found.
func TestSystem(t *testing.T) {
	if _, err := fs.Stat(system.root, "proc/net/tcp"); err != nil {
		t.Skip("no /proc/net/tcp here")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, _, body := get(t, Handler(), "/ss?sockets=100000")
	if !strings.Contains(body, l.Addr().String()) {
		t.Errorf("%v is not listed in\n%s", l.Addr(), body)
	}
	var c Counters
	if err := json.Unmarshal([]byte(expvar.Get("snmp").String()), &c); err != nil || c["Tcp"]["ActiveOpens"] == 0 && c["Tcp"]["RtoMax"] == 0 {
		t.Errorf("expvar: %v, %v", err, c["Tcp"])
	}
}

func FuzzSockets(f *testing.F) {
	f.Add("0: 0100007F:0050 0200000A:C001 01 0000000A:00000014 01:00000014 00000002 0 0 5 1 0 20 4 30 10 7")
	f.Fuzz(func(t *testing.T, line string) {
		for _, p := range []string{"tcp", "udp6"} {
			if k, ok := parseSocket(p, strings.Fields(line)); ok && (k.State == "" || k.Protocol != p || !k.Local.IsValid()) {
				t.Error(k)
			}
		}
		parseHexAddr(line)
		Counters{}.readPairs(line)
		Counters{}.readLines(line)
		source{fstest.MapFS{"proc/stat": {Data: []byte(line)}, "proc/interrupts": {Data: []byte(line)}, "proc/net/dev": {Data: []byte(line)}}}.state(1)
	})
}
