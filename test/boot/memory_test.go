package boot

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// size is what an environment variable says, for runs larger than everyday's.
func size(name string, everyday int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return everyday
}

// resident is the memory of the host that a process has, in MiB: proc(5), /proc/PID/status.
func resident(t *testing.T, process int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n >> 10
}

// waitResident waits until the host has got memory back, and returns how much is in use.
func waitResident(t *testing.T, process, most int) (mib int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if mib = resident(t, process); mib <= most || time.Now().After(end) {
			return mib
		}
	}
}

// Memory that the program gives back is the host's again (virtio 1.2 section 5.5.6.5), and the program's when it wants it.
// MEMORY_GOROUTINES=20000000 MEMORY_HEAP=2048 is the run of test/RESULTS.md.
func TestResidentMemory(t *testing.T) {
	goroutines, heap := size("MEMORY_GOROUTINES", 100_000), size("MEMORY_HEAP", 300)
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(harness.Build(t, m.Arch, "./test/guest/memory"))
			c.Memory, c.CPUs, c.TimeLimit = heap+heap/4+128, 2, time.Hour
			c.Args = []string{strconv.Itoa(goroutines), strconv.Itoa(heap)}
			input, goOn := io.Pipe()
			c.Stdin = input
			b := harness.Boot(t, c)
			at := map[string]int{}
			for _, where := range []string{"started", "created", "grown", "released", "grown again"} {
				b.WaitFor(where + "\n")
				most := 1 << 30
				if where == "released" {
					most = at["grown"] - heap*9/10
				}
				at[where] = waitResident(t, b.Process(), most)
				t.Logf("%s: QEMU has %d MiB", where, at[where])
				fmt.Fprintln(goOn, "go on")
			}
			if code := b.Wait(); code != 0 {
				t.Errorf("exit code %d\n%s", code, b)
			}
			if at["grown"] < heap {
				t.Errorf("a heap of %d MiB, and QEMU has %d", heap, at["grown"])
			}
			if at["released"] > at["grown"]-heap*9/10 {
				t.Errorf("of a heap of %d MiB the host gets %d back", heap, at["grown"]-at["released"])
			}
		})
	}
}

// The host gets what it wants of what is free, and hears how much that is; a program that needs it takes it back: virtio
// 1.2 sections 5.5.6.1 and 5.5.6.3.
func TestBalloon(t *testing.T) {
	images := make(map[string]string)
	for _, m := range harness.Machines {
		if images[m.Arch] == "" {
			images[m.Arch] = harness.Build(t, m.Arch, "./test/guest/memory")
		}
		t.Run(m.Name, func(t *testing.T) { testBalloon(t, m.Config(images[m.Arch])) })
	}
}

func testBalloon(t *testing.T, c vm.Config) {
	c.Args, c.Memory = []string{"0", "150"}, 256
	input, goOn := io.Pipe()
	c.Stdin = input
	monitor := harness.AddMonitor(t, &c)
	b := harness.Boot(t, c)
	b.WaitFor("started\n")
	const small = 96 << 20
	monitor.Execute("balloon", map[string]any{"value": small})
	waitBalloon(t, monitor, func(size int) bool { return size == small })

	const stats = "/machine/peripheral/balloon"
	monitor.Execute("qom-set", map[string]any{"path": stats, "property": "guest-stats-polling-interval", "value": 1})
	// The first statistics are from the start: section 5.5.6.3.
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		answer := monitor.Execute("qom-get", map[string]any{"path": stats, "property": "guest-stats"}).(map[string]any)
		values := answer["stats"].(map[string]any)
		free, total := values["stat-free-memory"].(float64), values["stat-total-memory"].(float64)
		if answer["last-update"].(float64) > 0 && free > 0 && free < small && total > small {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the balloon leaves %d bytes, and the statistics are %v", small, values)
		}
	}
	fmt.Fprintln(goOn, "go on")
	fmt.Fprintln(goOn, "go on") // and it needs 150 MiB
	b.WaitFor("grown\n")
	waitBalloon(t, monitor, func(size int) bool { return size > 150<<20 })
	monitor.Execute("balloon", map[string]any{"value": 256 << 20})
	waitBalloon(t, monitor, func(size int) bool { return size == 256<<20 })
	goOn.Close()
	if code := b.Wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, b)
	}
}

// waitBalloon waits for the size of memory that the balloon leaves.
func waitBalloon(t *testing.T, monitor *harness.Monitor, right func(size int) bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		size := int(monitor.Execute("query-balloon", nil).(map[string]any)["actual"].(float64))
		if right(size) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the balloon leaves %d MiB", size>>20)
		}
	}
}
