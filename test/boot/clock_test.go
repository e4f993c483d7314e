package boot

import (
	"encoding/binary"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// A machine's wall clock follows the time server that its command line names (RFC 4330); its monotonic clock does not.
func TestTimeServer(t *testing.T) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go tellTime(c, time.Date(2033, 1, 2, 3, 4, 5, 0, time.UTC))
	port := strconv.Itoa(c.LocalAddr().(*net.UDPAddr).Port)
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(harness.Build(t, m.Arch, "./test/guest/clock"))
			c.Words = []string{"ntp=10.0.2.2:" + port} // the host, as QEMU's user network has it
			c.Args = []string{"2033"}
			if b := harness.Run(t, c, 0); !strings.Contains(b.String(), "clock: set to 2033-01-02 03:0") {
				t.Errorf("the machine said\n%s", b)
			}
		})
	}
}

// A machine that is held up again and again while it boots, as on a busy host, still knows how long a second is: it has to find out
// then how fast its clock runs. One that took the time held up for the clock's was five times too slow.
func TestHeldUp(t *testing.T) {
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		const sleep = 2 * time.Second
		c.Args = []string{"sleep", sleep.String()}
		b := harness.Boot(t, c)
		process, err := os.FindProcess(b.Process())
		if err != nil {
			t.Fatal(err)
		}
		for !strings.Contains(b.String(), "sleeping\n") {
			if process.Signal(syscall.SIGSTOP) != nil {
				break // it has ended
			}
			time.Sleep(20 * time.Millisecond)
			process.Signal(syscall.SIGCONT)
			time.Sleep(2 * time.Millisecond)
		}
		begun := time.Now()
		if code := b.Wait(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if took := time.Since(begun); took > 2*sleep {
			t.Errorf("%v took %v", sleep, took)
		}
	})
}

// tellTime is a time server for which it was a time when it began.
func tellTime(c *net.UDPConn, was time.Time) {
	const from1900 = 2208988800
	begun := time.Now()
	b := make([]byte, 100)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		if n != 48 || b[0]&7 != 3 {
			continue
		}
		now := was.Add(time.Since(begun))
		stamp := uint64(now.Unix()+from1900)<<32 | uint64(now.Nanosecond())<<32/1e9
		answer := make([]byte, 48)
		answer[0], answer[1] = 4<<3|4, 1
		copy(answer[24:32], b[40:48])
		binary.BigEndian.PutUint64(answer[32:], stamp)
		binary.BigEndian.PutUint64(answer[40:], stamp)
		c.WriteToUDPAddrPort(answer, from)
	}
}
