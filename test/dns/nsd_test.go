package dns_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mirage.build/test/harness"
)

// An nsd is an NSD that serves zones on a loopback port of its own.
type nsd struct {
	conn    net.Conn
	refused []string // what its log says of zones that it does not take
}

// startNSD starts NSD with the zone files of dir, which are called NAME.zone, and the options of its server clause.
func startNSD(t *testing.T, dir, options string) *nsd {
	t.Helper()
	bin, err := exec.LookPath("nsd")
	if err != nil {
		bin = "/usr/sbin/nsd"
		if _, err := os.Stat(bin); err != nil {
			t.Skip("NSD is not installed, so there is nothing to compare with: apt-get install nsd, and run this again")
		}
	}
	state := t.TempDir()
	port := freePort(t)
	conf := fmt.Sprintf(`server:
  ip-address: 127.0.0.1@%d
  server-count: 1
  do-ip6: no
  username: ""
  chroot: ""
  database: ""
  zonesdir: %q
  zonelistfile: %q
  xfrdfile: %q
  xfrdir: %q
  pidfile: %q
  logfile: %q
  rrl-ratelimit: 0
  verbosity: 1
%s
remote-control:
  control-enable: no
`, port, dir, state+"/zonelist", state+"/xfrd", state, state+"/pid", state+"/log", options)
	for _, z := range zoneFiles(t, dir) {
		conf += fmt.Sprintf("zone:\n  name: %q\n  zonefile: %q\n", originOf(z), filepath.Base(z))
	}
	if err := os.WriteFile(state+"/nsd.conf", []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-d", "-c", state+"/nsd.conf")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Signal(os.Interrupt); cmd.Wait() })
	conn, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	n := &nsd{conn: conn}
	for range 100 {
		if n.try(rootQuery, 100*time.Millisecond) != nil {
			log, _ := os.ReadFile(state + "/log")
			for line := range strings.Lines(string(log)) {
				if strings.Contains(line, "error:") {
					n.refused = append(n.refused, line)
				}
			}
			return n
		}
		time.Sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(state + "/log")
	t.Fatalf("NSD does not answer:\n%s", log)
	return nil
}

var rootQuery = []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01")

// try sends query and returns the answer, nil if none comes in time. It comes from a port of its own, so that a late answer
// to an earlier query with the same ID cannot be taken for it.
func (n *nsd) try(query []byte, wait time.Duration) []byte {
	conn, err := net.Dial("udp4", n.conn.RemoteAddr().String())
	if err != nil {
		return nil
	}
	defer conn.Close()
	conn.Write(query)
	b := make([]byte, 65536)
	deadline := time.Now().Add(wait)
	for {
		conn.SetReadDeadline(deadline)
		k, err := conn.Read(b)
		if err != nil {
			if ne, ok := err.(net.Error); ok && !ne.Timeout() && time.Now().Before(deadline) {
				continue // refused: it does not listen yet
			}
			return nil
		}
		if k >= 2 && len(query) >= 2 && b[0] == query[0] && b[1] == query[1] {
			return b[:k]
		}
	}
}

// ask is try for queries that may be lost.
func (n *nsd) ask(query []byte) []byte {
	for range 2 {
		if a := n.try(query, 300*time.Millisecond); a != nil {
			return a
		}
	}
	return nil
}

// freePort is a port of this host that nobody uses.
func freePort(t *testing.T) int { return int(harness.FreePort(t).Port()) }

// zoneFiles returns the zone files of dir.
func zoneFiles(t *testing.T, dir string) []string {
	list, err := filepath.Glob(filepath.Join(dir, "*.zone"))
	if err != nil || len(list) == 0 {
		t.Fatal("no zones in ", dir)
	}
	return list
}

// originOf returns the origin that a zone file's name says; root.zone is the root's.
func originOf(file string) string {
	if filepath.Base(file) == "root.zone" {
		return "."
	}
	return strings.TrimSuffix(filepath.Base(file), ".zone")
}
