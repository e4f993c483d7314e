//go:build !mirage

package linuxabi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"internal/mirage/netstack/wire"
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
	if got := w.readFile(t, "/proc/interrupts"); !regexp.MustCompile(`(?m)^ +CPU0 .*\n +0: +42 .*MSI 0   virtio-pci 0:3.0 queue 0\n +2: +7 .*IO-APIC 4   ttyS0\nLOC: +1 .*Local`).MatchString(got) {
		t.Errorf("/proc/interrupts holds\n%s", got)
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

// shape cuts what a file of /proc says down to what must be the same everywhere: the names in it, or how many fields.
func shape(text string) (lines []string) {
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && !strings.ContainsAny(name, "/ ") {
			lines = append(lines, strings.TrimSpace(name))
		} else {
			lines = append(lines, fmt.Sprint(len(strings.Fields(line)), " fields"))
		}
	}
	return lines
}

// TestProcSameAsHost: what is said in /proc has the form in which the host's kernel says it.
func TestProcSameAsHost(t *testing.T) {
	w, _ := booted(t, "/x")
	host := hostWorld(t)
	for _, path := range []string{
		"/proc/self/status", "/proc/self/stat", "/proc/self/statm", "/proc/self/comm", "/proc/self/cgroup", "/proc/self/oom_score_adj",
		"/proc/self/uid_map", "/proc/thread-self/stat", "/proc/1/statm", "/proc/self/fdinfo/0", "/proc/meminfo", "/proc/uptime",
		"/proc/loadavg", "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/random/uuid", "/proc/sys/kernel/hostname",
		"/proc/sys/net/ipv4/ip_local_port_range", "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/nr_open",
		"/sys/devices/system/cpu/online", "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "/sys/class/net/lo/address",
		"/proc/self/io", "/proc/self/schedstat", "/proc/self/smaps_rollup", "/proc/net/arp", "/proc/sys/fs/file-nr",
		"/proc/sys/net/ipv4/tcp_rmem", "/proc/sys/net/core/rmem_max", "/proc/sys/fs/inotify/max_user_watches",
		"/sys/class/net/lo/operstate", "/sys/class/net/lo/statistics/rx_bytes",
	} {
		if _, e := host.do(syscall.SYS_FACCESSAT, 0, path, 4); e != 0 {
			continue // not every host shows everything
		}
		want, got := shape(host.readFile(t, path)), shape(w.readFile(t, path))
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("%s has %q, which the host's has not: %q", path, line, want)
			}
		}
	}
}

// TestLimitsSameAsHost: the columns stand where the host's kernel puts them.
func TestLimitsSameAsHost(t *testing.T) {
	w, _ := booted(t, "/x")
	want, got := strings.Split(hostWorld(t).readFile(t, "/proc/self/limits"), "\n"), strings.Split(w.readFile(t, "/proc/self/limits"), "\n")
	if len(want) != len(got) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range want {
		if len(want[i]) > 60 && (len(got[i]) < 60 || got[i][:26] != want[i][:26] || got[i][68:] != want[i][68:]) {
			t.Errorf("%q is not in the form of %q", got[i], want[i])
		}
	}
}

// TestUUID: RFC 9562, section 5.4; the boot's stays the same.
func TestUUID(t *testing.T) {
	w, _ := booted(t, "/x")
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$`)
	for _, name := range []string{"uuid", "boot_id"} {
		first, second := w.readFile(t, "/proc/sys/kernel/random/"+name), w.readFile(t, "/proc/sys/kernel/random/"+name)
		if !form.MatchString(first) || !form.MatchString(second) {
			t.Errorf("%s: %q, %q", name, first, second)
		}
		if (first == second) != (name == "boot_id") {
			t.Errorf("%s: first %q, then %q", name, first, second)
		}
	}
}

// TestMaps: what the runtime has mapped, with the program's file at its text.
func TestMaps(t *testing.T) {
	w, _ := booted(t, "/bin/x")
	want := "00400000-00500000 r-xp 00000000 00:00 0" + strings.Repeat(" ", 34) + "/bin/x\n" +
		"c000000000-c000400000 rw-p 00000000 00:00 0 \n" + "c000400000-c004000000 ---p 00000000 00:00 0 \n"
	if got := w.readFile(t, "/proc/self/maps"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestWorkingDirectoryLink: /proc/self/cwd leads to where chdir went, and says so.
func TestWorkingDirectoryLink(t *testing.T) {
	w, _ := booted(t, "/x")
	w.must(t, syscall.SYS_CHDIR, "/etc")
	b := make([]byte, 100)
	if n := w.must(t, syscall.SYS_READLINKAT, 0, "/proc/self/cwd", b, len(b)); string(b[:n]) != "/etc" {
		t.Errorf("/proc/self/cwd leads to %q", b[:n])
	}
	if got := w.readFile(t, "/proc/self/cwd/hostname"); got != "mirage\n" {
		t.Errorf("below it hostname holds %q", got)
	}
}

// TestDescriptorInfo: where a descriptor is, and how it was opened.
func TestDescriptorInfo(t *testing.T) {
	w, _ := booted(t, "/x")
	fd := w.must(t, syscall.SYS_OPENAT, 0, "/tmp/f", syscall.O_CREAT|syscall.O_RDWR|syscall.O_APPEND, 0o644)
	w.must(t, syscall.SYS_WRITE, fd, []byte("text"), 4)
	got := w.readFile(t, fmt.Sprint("/proc/self/fdinfo/", fd))
	if want := fmt.Sprintf("pos:\t4\nflags:\t0%06o\n", syscall.O_RDWR|syscall.O_APPEND|linux.O_LARGEFILE); !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q first", got, want)
	}
}

// TestRouteText: addresses are words in the machine's byte order.
func TestRouteText(t *testing.T) {
	w, p := booted(t, "/x")
	p.net.stack.AddRoute(netstack.RouteEntry{Dst: wire.Prefix{Addr: wire.V4From(0x7f020000), Bits: 16}, Iface: 1})
	want := "lo\t0000027F\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	if got := w.readFile(t, "/proc/net/route"); !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}

// There is no controlling terminal (tty(4)).
func TestNoTerminal(t *testing.T) {
	w, _ := booted(t, "/x")
	if _, e := w.do(syscall.SYS_OPENAT, 0, "/dev/tty", syscall.O_RDWR, 0); e != syscall.ENXIO {
		t.Errorf("opening /dev/tty: %v, want %v", e, syscall.ENXIO)
	}
	if _, e := w.do(syscall.SYS_OPENAT, 0, "/dev/console", syscall.O_RDWR, 0); e != 0 {
		t.Errorf("opening /dev/console: %v", e)
	}
}

// TestListed: what a folder lists is what is found there, by the number that it lists; each number and each cookie is given once;
// and reading on after any entry misses none (getdents(2)).
func TestListed(t *testing.T) {
	_, p := booted(t, "/x")
	numbers := make(map[uint64]string)
	var visit func(path string, n *fs.Inode)
	visit = func(path string, n *fs.Inode) {
		all := entriesAfter(t, path, n, 0)
		for i, d := range all {
			if i+1 < len(all) && (all[i+1].Next <= d.Next || !slices.Equal(entriesAfter(t, path, n, d.Next), all[i+1:])) {
				t.Errorf("%s: reading on after %s is not what follows it", path, d.Name)
			}
			if d.Name == "." || d.Name == ".." {
				continue
			}
			at := path + "/" + d.Name
			found, e := p.fs.Lookup(p.fs.Root(), at, false)
			if e != 0 || found.Ino() != d.Ino || found.Type() != d.Type {
				t.Errorf("%s: listed as %+v; looking there says %v", at, d, syscall.Errno(e))
				continue
			}
			if other := numbers[d.Ino]; other != "" && d.Ino < firstLinkIno { // a thread's descriptors are its process's
				t.Errorf("%s and %s have the number %d", at, other, d.Ino)
			}
			numbers[d.Ino] = at
			if found.IsDir() {
				visit(at, found)
			}
		}
	}
	visit("", p.fs.Root())
	if len(numbers) < 250 {
		t.Errorf("%d names were seen", len(numbers))
	}
	for _, path := range []string{"/proc/none", "/proc/sys", "/proc/self/net/none", "/sys/devices/system/cpu/cpu0/topology/none"} {
		n, e := p.fs.Lookup(p.fs.Root(), path, false)
		if isFolder := e == 0 && n.IsDir(); isFolder != (path == "/proc/sys") {
			t.Errorf("%s: %v", path, syscall.Errno(e))
		}
	}
}

func entriesAfter(t *testing.T, path string, n *fs.Inode, after int64) (all []fs.Dirent) {
	t.Helper()
	if e := n.ReadDir(after, func(d fs.Dirent) bool { all = append(all, d); return true }); e != 0 {
		t.Errorf("%s: %v", path, syscall.Errno(e))
	}
	return all
}
