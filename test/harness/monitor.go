package harness

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mirage.build/misc/vm"
)

// A Monitor talks to QEMU beside the machine: QEMU, docs/interop/qmp-spec.rst.
type Monitor struct {
	t      testing.TB
	socket string
	conn   net.Conn
	in     *json.Decoder
	sent   int // requests, of which each has its number as its id
}

// AddMonitor makes QEMU listen for a monitor, which connects once the machine is started.
func AddMonitor(t testing.TB, c *vm.Config) *Monitor {
	t.Helper()
	dir, err := os.MkdirTemp("", "qmp") // a socket's path must be short, which t.TempDir's is not
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &Monitor{t: t, socket: filepath.Join(dir, "s")}
	c.Extra = append(c.Extra, "-qmp", "unix:"+m.socket+",server=on,wait=off")
	return m
}

// connect connects and goes through the greeting.
func (m *Monitor) connect() {
	m.t.Helper()
	for end := time.Now().Add(10 * time.Second); m.conn == nil; {
		conn, err := net.Dial("unix", m.socket)
		if err == nil {
			m.conn, m.in = conn, json.NewDecoder(conn)
			m.t.Cleanup(func() { conn.Close() })
		} else if time.Now().After(end) {
			m.t.Fatal(err)
		} else {
			time.Sleep(10 * time.Millisecond)
		}
	}
	var greeting any
	if err := m.in.Decode(&greeting); err != nil {
		m.t.Fatal(err)
	}
	m.Execute("qmp_capabilities", nil)
}

// Execute runs one command and returns its answer. Before it come events, and another greeting if QEMU 7.2
// was connected to just when it opened its socket.
func (m *Monitor) Execute(command string, arguments map[string]any) any {
	m.t.Helper()
	m.send(command, arguments)
	for {
		var answer struct {
			ID            int
			Return, Error any
		}
		if err := m.in.Decode(&answer); err != nil {
			m.t.Fatal(err)
		}
		if answer.Error != nil {
			m.t.Fatalf("QMP %s: %v", command, answer.Error)
		}
		if answer.ID == m.sent {
			return answer.Return
		}
	}
}

// PowerDown presses the machine's power button. It does not wait for QEMU's answer, which the machine's end may overtake: nothing
// else is executed after it.
func (m *Monitor) PowerDown() {
	m.t.Helper()
	m.send("system_powerdown", nil)
}

func (m *Monitor) send(command string, arguments map[string]any) {
	m.t.Helper()
	if m.conn == nil {
		m.connect()
	}
	m.sent++
	request := map[string]any{"execute": command, "id": m.sent}
	if arguments != nil {
		request["arguments"] = arguments
	}
	if err := json.NewEncoder(m.conn).Encode(request); err != nil {
		m.t.Fatal(err)
	}
}

// Memory returns size bytes of the machine's physical memory from address on.
func (m *Monitor) Memory(address, size uint64) []byte {
	m.t.Helper()
	file := filepath.Join(filepath.Dir(m.socket), "memory")
	m.Execute("pmemsave", map[string]any{"val": address, "size": size, "filename": file})
	text, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	return text
}
