package apps

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// A machine runs one server by `mirage run`.
type machine struct {
	t        testing.TB
	root     string // the folder that was given by -root
	forwards map[string]vm.Forward
	words    map[string]string // what expand puts in besides
	output   harness.Output
	args     []string // of mirage
	process  *exec.Cmd
	ended    chan struct{}
	err      error
}

// limit is the longest that a server runs, and patience the longest that a client waits for it to come up: emulation on a busy host
// is slow.
const (
	limit    = 15 * time.Minute
	patience = 2 * time.Minute
)

// boot starts a server.
func boot(t testing.TB, image string, a app) *machine {
	t.Helper()
	m := &machine{t: t, root: t.TempDir(), forwards: map[string]vm.Forward{}, words: map[string]string{}}
	memory := a.memory
	if memory == 0 {
		memory = 256
	}
	args := []string{"run", "-accel", "tcg", "-timeout", limit.String(), "-m", fmt.Sprint(memory)}
	for _, port := range strings.Fields(a.ports) {
		number, network, _ := strings.Cut(port, "/")
		if network == "" {
			network = "tcp"
		}
		var guest uint16
		if _, err := fmt.Sscan(number, &guest); err != nil {
			t.Fatal(err)
		}
		f := harness.Forward(t, network, guest)
		m.forwards[port] = f
		suffix := ""
		if f.UDP {
			suffix = "/udp"
		}
		args = append(args, "-p", fmt.Sprintf("%v:%d%s", f.Host, guest, suffix))
	}
	for _, e := range a.env {
		args = append(args, "-env", e)
	}
	if a.files != nil {
		a.files(m)
		args = append(args, "-root", m.root)
	}
	if a.disk {
		args = append(args, "-disk", volume(t), "-word", "mount:/data=vda:fat")
	}
	args = append(args, image)
	for _, word := range a.args {
		args = append(args, m.expand(word))
	}
	m.args = args
	m.start()
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			t.Logf("the server wrote\n%s", tail(m.output.String(), 8000))
		}
	})
	return m
}

// volume makes a disk with a FAT volume. The test is skipped if mkfs.vfat is not installed.
func volume(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "disk.img")
	cmd := exec.Command("mkfs.vfat", "-F", "32", "-C", file, "262144")
	if text, err := cmd.CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		t.Skip("mkfs.vfat is not installed")
	} else if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, text)
	}
	return file
}

func (m *machine) start() {
	m.t.Helper()
	process, ended := exec.Command(filepath.Join(harness.Root(m.t), "bin", "mirage"), m.args...), make(chan struct{})
	process.Stdout, process.Stderr = &m.output, &m.output
	if err := process.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.process, m.ended = process, ended
	go func() {
		m.err = process.Wait()
		close(ended)
	}()
}

// restart ends the machine by SIGTERM, which its server has to heed, and boots it again with what its disk has.
func (m *machine) restart() {
	m.t.Helper()
	m.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-m.ended:
	case <-time.After(patience):
		m.t.Fatal("SIGTERM did not end the server")
	}
	m.start()
}

// stop ends the machine as an operator does: it asks, and then asks again.
func (m *machine) stop() {
	for range 2 {
		m.process.Process.Signal(os.Interrupt)
		select {
		case <-m.ended:
			return
		case <-time.After(5 * time.Second):
		}
	}
	m.process.Process.Kill()
	<-m.ended
}

// write makes a file of the root.
func (m *machine) write(name, text string) {
	m.t.Helper()
	file := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(m.expand(text)), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// at is the address of the host that leads to a port of the machine, such as "80" or "53/udp".
func (m *machine) at(port string) string {
	m.t.Helper()
	f, ok := m.forwards[port]
	if !ok {
		m.t.Fatalf("port %s is not forwarded", port)
	}
	return f.Host.String()
}

// hostPort is the number of the host's port that leads to a port of the machine.
func (m *machine) hostPort(port string) string {
	m.t.Helper()
	m.at(port)
	return fmt.Sprint(m.forwards[port].Host.Port())
}

// expand puts in addresses of the host for {at PORT}, its ports for {port PORT}, the root's folder for {root}, and m.words.
func (m *machine) expand(text string) string {
	pairs := []string{"{root}", m.root}
	for word, value := range m.words {
		pairs = append(pairs, word, value)
	}
	for port := range m.forwards {
		pairs = append(pairs, "{at "+port+"}", m.at(port), "{port "+port+"}", m.hostPort(port))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// eventually tries until it succeeds: a machine that boots is not there yet, and QEMU takes connections before anybody listens.
func (m *machine) eventually(what string, try func() error) {
	m.t.Helper()
	err := errors.New("not tried")
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		select {
		case <-m.ended:
			m.t.Fatalf("the machine ended (%v) before %s", m.err, what)
		default:
		}
		if err = try(); err == nil {
			return
		}
	}
	m.t.Fatalf("%s: %v", what, err)
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
