package xen

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/misc/xen"
)

// A Guest is a machine of Xen's.
type Guest = xen.Guest

// A Result is what became of a guest.
type Result struct {
	Wrote string // on its console
	Asked string // what its script said
	Ended string // "reason code N", or what dom0/init says otherwise
}

// Network addresses: dom0 is the gateway.
const (
	dom0Address = "10.0.2.4"
	address     = "10.0.2.15"
	network     = "ip=" + address + "/24," + dom0Address
)

// timeLimit ends a machine that hangs: MIRAGE_XEN_MINUTES says when, on a host that has more to do than this.
var timeLimit = 12 * time.Minute

func init() {
	if n, err := strconv.Atoi(os.Getenv("MIRAGE_XEN_MINUTES")); err == nil {
		timeLimit = time.Duration(n) * time.Minute
	}
}

// guestMemory is what there is for guests, MiB.
const guestMemory = 256

// Run boots Xen and runs the guests, one after the other, in a time of their own (xen.OwnClock). Where one says
// xen.InterruptWhileOff all run once more.
func Run(t *testing.T, arch string, guests []Guest) map[string]*Result {
	t.Helper()
	dir := t.TempDir()
	if err := xen.Prepare(dir, packagesOf(t, arch), arch, guests); err != nil {
		t.Fatal(err)
	}
	args := append(xen.Arguments(arch, guestMemory), xen.OwnClock...)
	out := boot(t, arch, dir, "", args...)
	for tries := 2; tries > 0 && bytes.Contains(out, []byte(xen.InterruptWhileOff)); tries-- {
		t.Log("once more, for " + xen.InterruptWhileOff)
		out = boot(t, arch, dir, "", args...)
	}
	return read(out, guests)
}

// packagesOf returns the folder of an architecture's packages, or skips the test.
func packagesOf(t *testing.T, arch string) (tree string) {
	t.Helper()
	if testing.Short() {
		t.Skip("boots a machine")
	}
	tree, err := xen.Unpack(arch)
	if errors.Is(err, xen.ErrPackages) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return tree
}

// boot runs QEMU in a folder until it ends or the machine has written a text, if that is not "", and returns what the machine wrote.
func boot(t *testing.T, arch, dir, until string, args ...string) []byte {
	t.Helper()
	qemu, err := vm.Find(arch)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, append(args, "-serial", "stdio")...)
	cmd.Dir = dir
	out := &output{until: until, end: cancel}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil && !out.seen {
		t.Fatalf("QEMU: %v\n%s", err, out.all.Bytes())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Xen wrote\n%s", out.all.Bytes())
		}
	})
	return out.all.Bytes()
}

// output is what a machine writes. It ends the machine when a text comes.
type output struct {
	all   bytes.Buffer
	until string
	end   func()
	seen  bool
}

func (o *output) Write(p []byte) (int, error) {
	o.all.Write(p)
	if text := strings.ReplaceAll(o.all.String(), "\r", ""); o.until != "" && !o.seen && strings.Contains(text, o.until) {
		o.seen = true
		o.end()
	}
	return len(p), nil
}

// read reads what dom0/init reports.
func read(out []byte, guests []Guest) map[string]*Result {
	results := map[string]*Result{}
	for _, g := range guests {
		results[g.Name] = &Result{}
	}
	for line := range strings.Lines(strings.ReplaceAll(string(out), "\r", "")) {
		_, report, ok := strings.Cut(line, "LAB ")
		name, report, _ := strings.Cut(report, " ")
		r := results[name]
		if !ok || r == nil {
			continue
		}
		switch what, text, _ := strings.Cut(report, " "); what {
		case "wrote":
			r.Wrote += text
		case "asked":
			r.Asked += text
		case "ended":
			r.Ended = strings.TrimSpace(text)
		}
	}
	return results
}
