package harness

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
)

// QEMU 7.2 greets twice, if it is connected to just when it opens its socket: an answer is what has the request's id (QEMU,
// docs/interop/qmp-spec.rst, section 2.3), after greetings and events.
func TestAnswerIsTheRequests(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		greeting := `{"QMP": {"version": {}, "capabilities": ["oob"]}}`
		fmt.Fprintln(conn, greeting, greeting, `{"return": {}, "id": 1}`, `{"event": "STOP"}`, `{"return": "first", "id": 2}`, `{"return": "second", "id": 3}`)
		io.Copy(io.Discard, conn)
	}()
	m := &Monitor{t: t, socket: socket}
	for _, want := range []string{"first", "second"} {
		if got := m.Execute("query-"+want, nil); got != want {
			t.Errorf("%v for the request that %s answers", got, want)
		}
	}
}
