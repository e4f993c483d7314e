//go:build !mirage

package linuxabi

import (
	"strings"
	"syscall"
	"testing"
)

// booted is a Process with the tree that a program finds.
func booted(t *testing.T, executable string) (*world, *Process) {
	t.Helper()
	p := NewProcess(64 << 20)
	p.net.finish()
	if e := p.plant(executable); e != 0 {
		t.Fatal("plant:", syscall.Errno(e))
	}
	p.openStandard(false)
	return worldOf(t, p), p
}

// readFile reads a file of at most 64 KiB.
func (w *world) readFile(t *testing.T, path string) string {
	t.Helper()
	fd := w.must(t, syscall.SYS_OPENAT, 0, path, syscall.O_RDONLY, 0)
	defer w.do(syscall.SYS_CLOSE, fd)
	b := make([]byte, 1<<16)
	return string(b[:w.must(t, syscall.SYS_READ, fd, b, len(b))])
}

func TestTree(t *testing.T) {
	w, _ := booted(t, "/tmp/deep/in/it/x.test")
	for path, want := range map[string]string{
		"/etc/hosts":                    "127.0.0.1\tlocalhost\n",
		"/etc/resolv.conf":              "",
		"/proc/meminfo":                 "MemTotal:",
		"/proc/sys/net/core/somaxconn":  "4096\n",
		"/proc/sys/kernel/hostname":     "mirage\n",
		"/proc/net/dev":                 "Inter-|",
		"/proc/self/mounts":             "tmpfs / tmpfs",
		"/proc/self/../../dev/../etc/.": "",
	} {
		if strings.HasSuffix(path, "/.") {
			if got := w.stat(0, path, 0); !strings.HasPrefix(got, "40755") {
				t.Errorf("%s: %s", path, got)
			}
		} else if got := w.readFile(t, path); !strings.HasPrefix(got, want) {
			t.Errorf("%s holds %q", path, got)
		}
	}
	b := make([]byte, 100)
	n := w.must(t, syscall.SYS_READLINKAT, 0, "/proc/self/exe", b, len(b))
	if got := string(b[:n]); got != "/tmp/deep/in/it/x.test" {
		t.Errorf("/proc/self/exe leads to %q", got)
	}
	if _, e := w.do(syscall.SYS_OPENAT, 0, "/proc/self/exe", syscall.O_RDONLY, 0); e != syscall.EACCES {
		t.Errorf("opening the program's file: %v", e)
	}
	if _, e := w.do(syscall.SYS_FACCESSAT, 0, "/proc/self/exe", 1); e != 0 {
		t.Errorf("the program's file is not executable: %v", e)
	}
}

// TestProcIsFixed: what /proc holds can be neither added to nor taken away.
func TestProcIsFixed(t *testing.T) {
	w, _ := booted(t, "/x")
	for what, call := range map[string][]any{
		"make":         {syscall.SYS_MKDIRAT, 0, "/proc/new", 0o755},
		"create":       {syscall.SYS_OPENAT, 0, "/proc/self/fd/x", syscall.O_CREAT | syscall.O_RDWR, 0o644},
		"remove":       {syscall.SYS_UNLINKAT, 0, "/proc/meminfo", 0},
		"remove dir":   {syscall.SYS_UNLINKAT, 0, "/proc/self", 0x200},
		"move out":     {syscall.SYS_RENAMEAT, 0, "/proc/meminfo", 0, "/tmp/meminfo"},
		"move in":      {syscall.SYS_RENAMEAT, 0, "/etc/hosts", 0, "/proc/hosts"},
		"open write":   {syscall.SYS_OPENAT, 0, "/proc/meminfo", syscall.O_WRONLY, 0},
		"truncate":     {syscall.SYS_TRUNCATE, "/proc/meminfo", 0},
		"remove whole": {syscall.SYS_UNLINKAT, 0, "/proc", 0x200},
	} {
		if r, e := w.do(uintptr(call[0].(int)), call[1:]...); e == 0 {
			t.Errorf("%s succeeded: %d", what, r)
		}
	}
}

// TestDescriptorLinks: /proc/self/fd and /dev/stdin lead to what is open.
func TestDescriptorLinks(t *testing.T) {
	w, _ := booted(t, "/x")
	fd := w.must(t, syscall.SYS_OPENAT, 0, "/tmp/f", syscall.O_CREAT|syscall.O_RDWR, 0o644)
	w.must(t, syscall.SYS_WRITE, fd, []byte("text"), 4)
	w.must(t, syscall.SYS_UNLINKAT, 0, "/tmp/f", 0)
	name := "/proc/self/fd/" + string(rune('0'+fd))
	if got := w.readFile(t, name); got != "text" {
		t.Errorf("%s holds %q", name, got)
	}
	if got := w.stat(0, "/dev/stdin", 0); !strings.HasPrefix(got, "20600") {
		t.Errorf("/dev/stdin is %s", got)
	}
	dir := w.must(t, syscall.SYS_OPENAT, 0, "/dev/fd", syscall.O_DIRECTORY, 0)
	b := make([]byte, 4096)
	listed := string(b[:w.must(t, syscall.SYS_GETDENTS64, dir, b, len(b))])
	for _, want := range []string{"0", "1", "2", string(rune('0' + fd)), string(rune('0' + dir))} {
		if !strings.Contains(listed, "\x0a"+want+"\x00") { // a link (10) of that name
			t.Errorf("/dev/fd does not list %s: %q", want, listed)
		}
	}
	if _, e := w.do(syscall.SYS_OPENAT, 0, "/proc/self/fd/99", 0, 0); e != syscall.ENOENT {
		t.Errorf("a descriptor that is not open: %v", e)
	}
}
