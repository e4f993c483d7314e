package boot

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

func TestUDP(t *testing.T) {
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		f := harness.Forward(t, "udp", 7)
		c.Args, c.Forwards = []string{"udp", ":7"}, []vm.Forward{f}
		b := harness.Boot(t, c)
		for _, size := range []int{0, 1, 512, 1472, 4000} {
			text := strings.Repeat("x", size)
			if got, want := string(harness.Ask(t, f.Host, []byte(text), time.Minute)), fmt.Sprint(size, " ", text); got != want {
				t.Errorf("sent %d bytes, the answer is %.60q", size, got)
			}
		}
		harness.Ask(t, f.Host, []byte("end"), time.Minute)
		if code := b.Wait(); code != 0 {
			t.Errorf("exit code %d\n%s", code, b)
		}
	})
}

// A capture is a pcap file with what was sent and received.
func TestCapture(t *testing.T) {
	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		f := harness.Forward(t, "udp", 7)
		c.Args, c.Forwards = []string{"udp", ":7"}, []vm.Forward{f}
		c.Capture = filepath.Join(t.TempDir(), "a,b.pcap")
		b := harness.Boot(t, c)
		harness.Ask(t, f.Host, []byte("end"), time.Minute)
		b.Wait()
		capture, err := os.ReadFile(c.Capture)
		if err != nil {
			t.Fatal(err)
		}
		const magic = "\xd4\xc3\xb2\xa1" // draft-ietf-opsawg-pcap section 4, little-endian
		for _, want := range []string{magic, "3 end"} {
			if !bytes.Contains(capture, []byte(want)) {
				t.Errorf("%q is not in the capture of %d bytes", want, len(capture))
			}
		}
	})
}

// What a program sends last reaches its peer, although the program ends at once.
func TestSentBeforeTheEnd(t *testing.T) {
	const size = 100_000
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		datagrams, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer datagrams.Close()
		streams, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer streams.Close()
		came := make(chan int64)
		go func() {
			n := int64(-1)
			if s, err := streams.Accept(); err == nil {
				n, _ = io.Copy(io.Discard, s)
				s.Close()
			}
			came <- n
		}()
		c.Args = []string{"send", onHost(datagrams.LocalAddr()), onHost(streams.Addr()), strconv.Itoa(size)}
		harness.Run(t, c, 0)
		streams.Close()
		if n := <-came; n != size {
			t.Errorf("%d bytes came by TCP, want %d", n, size)
		}
		datagrams.SetReadDeadline(time.Now().Add(time.Second))
		b := make([]byte, 100)
		n, _, err := datagrams.ReadFrom(b)
		if string(b[:n]) != "last words" {
			t.Errorf("%q came by UDP (%v)", b[:n], err)
		}
	})
}

// onHost is where QEMU's user network has what listens at a on the host.
func onHost(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return net.JoinHostPort("10.0.2.2", port)
}

func TestPreemption(t *testing.T) {
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		c.Args = []string{"spin"}
		if got, want := harness.Run(t, c, 0).Stdout.String(), "tick 0\ntick 1\ntick 2\n"; got != want {
			t.Errorf("standard output is %q, want %q", got, want)
		}
	})
}

// A machine whose program sleeps uses next to no time of the host's CPU.
func TestIdle(t *testing.T) {
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		c.Args = []string{"sleep", "1h"}
		b := harness.Boot(t, c)
		b.WaitFor("sleeping\n")
		time.Sleep(500 * time.Millisecond) // for DHCP and what else a boot goes on with
		const span = 4 * time.Second
		before := cpuTime(t, b.Process())
		time.Sleep(span)
		if used := cpuTime(t, b.Process()) - before; used > span/10 {
			t.Errorf("an idle machine used %v of CPU time in %v", used, span)
		}
	})
}

// cpuTime is the CPU time that a process has used: proc(5), /proc/PID/stat.
func cpuTime(t *testing.T, process int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		t.Fatal(err)
	}
	_, behindName, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(behindName)
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100 // USER_HZ is 100 on every architecture of ours
}

// Out of memory is Go's own fatal error, with a traceback, however a program gets there: by heap that cannot grow, or by a
// page that cannot be had.
func TestOutOfMemory(t *testing.T) {
	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		for _, kind := range []string{"", "objects", "stacks"} {
			c := c
			c.Args, c.Memory, c.CPUs = strings.Fields("fill "+kind), 48, 2
			b := harness.Run(t, c, 2)
			if !b.Stderr.Contains("fatal error: runtime: out of memory") || !b.Stderr.Contains("main.fill") || !b.Stdout.Contains("12 MiB") {
				t.Errorf("a program that fills memory (%s) says\n%s", kind, b)
			}
			if b.Stderr.Contains("mirage:") {
				t.Errorf("the end of a program that fills memory (%s) is not Go's\n%s", kind, b)
			}
		}
	})
}

// Third-party assembly that executes SYSCALL or SVC gets the same answers as the standard library.
func TestThirdPartyAssembly(t *testing.T) {
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			b := harness.Run(t, m.Config(harness.Build(t, m.Arch, "./test/guest/xsysunix")), 0)
			const want = "pid true\numask 027\nwritten\nwrite 8 <nil>\nfcntl bad file descriptor\n"
			if got := b.Stdout.String(); got != want {
				t.Errorf("standard output is\n%s\nwant\n%s", got, want)
			}
		})
	}
}
