package dns_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"mirage/dns"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A tcpConn asks over TCP, on one connection for as long as that lasts.
type tcpConn struct {
	addr string
	conn net.Conn
}

// ask returns the answer to query, nil if the connection is closed instead.
func (c *tcpConn) ask(query []byte) []byte {
	for range 2 {
		if c.conn == nil {
			conn, err := net.Dial("tcp", c.addr)
			if err != nil {
				return nil
			}
			c.conn = conn
		}
		c.conn.SetDeadline(time.Now().Add(5 * time.Second))
		if b, err := exchange(c.conn, query); err == nil {
			return b
		}
		c.conn.Close()
		c.conn = nil
	}
	return nil
}

// exchange sends query on c and reads one message.
func exchange(c net.Conn, query []byte) ([]byte, error) {
	c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...))
	return readMessage(c)
}

func readMessage(c io.Reader) ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(c, n[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(n[:]))
	_, err := io.ReadFull(c, b)
	return b, err
}

// serveTCP makes s serve TCP on loopback.
func serveTCP(t testing.TB, s *dns.StreamServer) *tcpConn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	c := &tcpConn{addr: l.Addr().String()}
	t.Cleanup(func() {
		if c.conn != nil {
			c.conn.Close()
		}
		s.Close()
	})
	return c
}

// TestCompareTCP asks about every name over TCP, where answers are not cut.
func TestCompareTCP(t *testing.T) {
	for _, dir := range []string{"testdata", signedZones(t)} {
		for _, mode := range modes {
			n := startNSD(t, dir, mode.conf)
			s, zones := loadServer(t, dir, mode.o)
			theirs, ours := &tcpConn{addr: n.conn.RemoteAddr().String()}, serveTCP(t, &dns.StreamServer{Handle: s.HandleStream})
			bad := 0
			for i, q := range questions(zones) {
				if !*thorough && i%(4*sample) != 0 {
					continue
				}
				m := dns.Message{Header: dns.Header{ID: uint16(i)}, Questions: []dns.Question{q}}
				if v := i / (4 * sample) % 3; v > 0 {
					m.Additionals = []dns.Record{dns.EDNS{UDPSize: 512, DNSSECOK: v == 2}.Record()}
				}
				query, err := m.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				want := theirs.ask(query)
				for range 3 {
					if !same(t, q.Name.String()+" "+q.Type.String(), query, want, ours.ask(query)) {
						if bad++; bad > 10 {
							t.FailNow()
						}
						break
					}
				}
			}
		}
	}
}

// TestOddPacketsTCP sends queries that break rules. What gets no answer has the connection closed.
func TestOddPacketsTCP(t *testing.T) {
	n := startNSD(t, "testdata", "  minimal-responses: yes\n  hide-version: yes\n  hide-identity: yes\n")
	s, _ := loadServer(t, "testdata", dns.Options{})
	theirs, ours := &tcpConn{addr: n.conn.RemoteAddr().String()}, serveTCP(t, &dns.StreamServer{Handle: s.HandleStream})
	for i, p := range oddPackets() {
		if i%3 != 0 && !*thorough {
			continue
		}
		want := theirs.ask(p.b)
		if want == nil && len(p.b) >= 12 && p.b[2]&0x80 == 0 { // as patient
			time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1010 * time.Millisecond)))
			want = theirs.ask(p.b)
		}
		for range 3 {
			if !same(t, p.what, p.b, want, ours.ask(p.b)) {
				break
			}
		}
	}
}

// TestClientsTCP has dig and dnsperf ask.
func TestClientsTCP(t *testing.T) {
	s, _ := loadServer(t, "testdata", dns.Options{})
	host, port, _ := net.SplitHostPort(serveTCP(t, &dns.StreamServer{Handle: s.HandleStream}).addr)
	file := filepath.Join(t.TempDir(), "queries")
	if err := os.WriteFile(file, []byte("web.rules.example A\nhuge.rules.example TXT\nnosuch.rules.example A\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"dig @" + host + " -p " + port + " +tcp +noall +answer web.rules.example A", "192.0.2."},
		{"dig @" + host + " -p " + port + " +tcp +keepopen +keepalive +short web.rules.example A rules.example SOA", "192.0.2."},
		{"dnsperf -d " + file + " -s " + host + " -p " + port + " -m tcp -c 10 -q 200 -l 2", "Queries lost:         0 (0.00%)"},
	} {
		words := strings.Fields(c.line)
		if _, err := exec.LookPath(words[0]); err != nil {
			t.Log(words[0], "is not installed: apt-get install dnsperf bind9-dnsutils")
			continue
		}
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v\n%s", c.line, err, out)
		} else {
			t.Log(strings.TrimSpace(fmt.Sprint(c.line, "\n", string(out))))
		}
	}
}
