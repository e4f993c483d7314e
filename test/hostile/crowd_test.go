package hostile

import (
	"bufio"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"mirage.build/test/harness"
)

// A crowd is a number of connections that are open at once, and the memory that a machine has for them, MiB.
type crowd struct {
	name          string
	count, memory int
	port          int
	ask           string // what is said on each, and
	answer        string // how the answer begins
}

const keepAlive = "GET /hello HTTP/1.1\r\nHost: crowd\r\n\r\n"

// crowds are small ones, unless the environment has MIRAGE_CROWD: then they take some minutes each.
func crowds() []crowd {
	if os.Getenv("MIRAGE_CROWD") == "" {
		return []crowd{{"idle", 4000, 64, 7, "hello", "hello"}, {"http", 1000, 64, 80, keepAlive, "HTTP/1.1 200 OK"}}
	}
	return []crowd{
		{"idle", 100000, 1024, 7, "hello", "hello"},
		{"busy", 10000, 256, 7, "hello", "hello"},
		{"http", 10000, 256, 80, keepAlive, "HTTP/1.1 200 OK"},
	}
}

// TestCrowd: many connections at once are served in little memory, and each goes on being answered.
func TestCrowd(t *testing.T) {
	if !harness.Namespace(t) {
		return
	}
	for _, m := range harness.Fastest {
		for _, c := range crowds() {
			t.Run(m.Name+"/"+c.name, func(t *testing.T) { c.gather(t, m) })
		}
	}
}

func (c crowd) gather(t *testing.T, m harness.Machine) {
	config := m.Config(harness.Build(t, m.Arch, "./test/guest/crowd"))
	config.Memory, config.Net, config.Words = c.memory, "tap:"+harness.Tap, []string{"ip=10.99.0.2/16"}
	config.TimeLimit = time.Hour
	b := harness.Boot(t, config)
	defer b.Stop() // and only then those who hold connections: the machine would hear of each end
	before, begun := inMachine(t), time.Now()
	var holders []*holder
	for left := c.count; left > 0; left -= mostHeld {
		holders = append(holders, c.hold(t, min(left, mostHeld), 1+len(holders)))
	}
	t.Logf("%d connections after %v", c.count, time.Since(begun))
	now := inMachine(t)
	t.Logf("each takes %d octets of heap and %d of stacks; before: %v, now: %v; the machine %d MiB", (now["heap"]-before["heap"])<<10/c.count,
		(now["stacks"]-before["stacks"])<<10/c.count, before, now, resident(t, b.Process())>>20)
	for _, h := range holders {
		h.again(t)
	}
}

// inMachine asks what memory is in use there, KiB.
func inMachine(t *testing.T) map[string]int {
	t.Helper()
	client := http.Client{Timeout: time.Minute}
	var r *http.Response
	var err error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		if r, err = client.Get("http://10.99.0.2/memory"); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	m := map[string]int{}
	for s := bufio.NewScanner(r.Body); s.Scan(); {
		name, value, _ := strings.Cut(s.Text(), " ")
		m[name], _ = strconv.Atoi(value)
	}
	return m
}
