package hostile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A holder is a process that holds a part of a crowd's connections: one process may have no more descriptors than some 20,000,
// and an address has no more ports than twice that.
type holder struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

const (
	holderVariable = "MIRAGE_CROWD_HOLDER"
	mostHeld       = 15000
)

// hold starts a holder of count connections from the address 10.99.1.number, and returns once all of them have been answered.
func (c crowd) hold(t *testing.T, count, number int) *holder {
	h := &holder{cmd: exec.Command(os.Args[0], "-test.run", "^TestHolder$", "-test.v", "-test.timeout=0")}
	h.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %d", holderVariable, c.port, count, number))
	h.cmd.Stderr = os.Stderr
	var err error
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err == nil {
		err = h.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	h.out = bufio.NewScanner(out)
	t.Cleanup(func() {
		h.cmd.Process.Kill()
		h.cmd.Wait()
	})
	h.expect(t)
	return h
}

// again has some of the connections ask once more.
func (h *holder) again(t *testing.T) {
	fmt.Fprintln(h.in)
	h.expect(t)
}

func (h *holder) expect(t *testing.T) {
	t.Helper()
	for h.out.Scan() {
		switch line := h.out.Text(); {
		case line == "answered":
			return
		case !strings.HasPrefix(line, "=== "):
			t.Log(line)
		}
	}
	t.Fatal("a holder of connections has ended")
}

// TestHolder is such a process.
func TestHolder(t *testing.T) {
	var port, count, number int
	if n, _ := fmt.Sscan(os.Getenv(holderVariable), &port, &count, &number); n != 3 {
		t.Skip("a part of TestCrowd")
	}
	var all []net.Conn
	for _, c := range crowds() {
		if c.port == port {
			c.count = count
			all = c.connect(t, byte(number))
			fmt.Println("answered")
			for in := bufio.NewScanner(os.Stdin); in.Scan(); fmt.Println("answered") {
				for i := 0; i < len(all); i += max(len(all)/100, 1) {
					if err := c.talk(all[i]); err != nil {
						t.Fatalf("connection %d: %v", i, err)
					}
				}
			}
		}
	}
}

// connect makes the connections and talks on each.
func (c crowd) connect(t *testing.T, number byte) []net.Conn {
	all := make([]net.Conn, c.count)
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(10, 99, 1, number)}, Timeout: 2 * time.Minute, KeepAlive: -1}
	var next atomic.Int64
	var done sync.WaitGroup
	for range 16 {
		done.Go(func() {
			for i := int(next.Add(1)) - 1; i < c.count && !t.Failed(); i = int(next.Add(1)) - 1 {
				conn, err := d.Dial("tcp4", fmt.Sprintf("10.99.0.2:%d", c.port))
				if err == nil {
					err = c.talk(conn)
				}
				if err != nil {
					t.Errorf("connection %d: %v", i, err)
				}
				all[i] = conn
			}
		})
	}
	done.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return all
}

// talk asks on a connection and wants the answer.
func (c crowd) talk(conn net.Conn) error {
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := io.WriteString(conn, c.ask); err != nil {
		return err
	}
	b := make([]byte, 512)
	n, err := io.ReadAtLeast(conn, b, len(c.answer))
	if err == nil && !strings.HasPrefix(string(b[:n]), c.answer) {
		err = errors.New("the answer is " + string(b[:n]))
	}
	return err
}
