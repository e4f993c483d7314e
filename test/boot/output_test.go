package boot

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// A reader of standard output who takes their time misses nothing.
func TestSlowReader(t *testing.T) {
	text := strings.Repeat("a line that somebody will read in good time\n", 20_000)
	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		out := &slowReader{pause: 2 * time.Second}
		c.Args, c.Stdin, c.Stdout, c.TimeLimit = []string{"cat"}, strings.NewReader(text), out, harness.TimeLimit
		m, err := c.Start()
		if err != nil {
			t.Fatal(err)
		}
		if code, err := m.Wait(); code != 0 || err != nil {
			t.Fatalf("exit code %d, %v", code, err)
		}
		if got := out.text.String(); got != text {
			t.Errorf("of %d bytes %d have come", len(text), len(got))
		}
	})
}

// A slowReader pauses after what it reads first.
type slowReader struct {
	text  bytes.Buffer
	pause time.Duration
}

func (r *slowReader) Write(b []byte) (int, error) {
	time.Sleep(r.pause)
	r.pause = 0
	return r.text.Write(b)
}
