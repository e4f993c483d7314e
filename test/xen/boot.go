package xen

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/cpio"
	"mirage.build/misc/vm"
)

// A Guest is a machine of Xen's.
type Guest struct {
	Name   string
	Image  string
	Line   string // command line
	Memory int    // MiB, default 128
	CPUs   int    // default 1
	Ask    string // a shell script that dom0 runs while it runs, and then ends it
}

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

// timeLimit ends a machine that hangs.
const timeLimit = 10 * time.Minute

// cpu is QEMU's model without what its emulation and Xen do not agree on: Xen's own accesses in SMAP, MWAIT with
// extensions, the size of XSAVE's state, and RDTSCP, which QEMU reports as RDTSC.
const cpu = "EPYC,-smap,-smep,-monitor,-xsave,-rdtscp"

// Run boots Xen and runs the guests, one after the other.
func Run(t *testing.T, guests []Guest) map[string]*Result {
	t.Helper()
	if testing.Short() {
		t.Skip("boots a machine")
	}
	qemu, err := vm.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := unpack()
	if err == errPackages {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := prepare(dir, tree, guests); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, "-accel", "tcg", "-M", "pc", "-cpu", cpu, "-m", "1280", "-nodefaults", "-no-user-config",
		"-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", "xen", "-append", "console=com1 dom0_mem=640M,max:640M dom0_max_vcpus=1 bootscrub=0 loglvl=info guest_loglvl=all",
		"-initrd", "kernel console=hvc0 quiet,initrd")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("QEMU: %v\n%s", err, out)
	}
	results := read(out, guests)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Xen wrote\n%s", out)
		}
	})
	return results
}

// prepare writes the files that QEMU loads.
func prepare(dir, tree string, guests []Guest) error {
	for name, get := range map[string]func(string) ([]byte, error){"xen": hypervisor, "kernel": kernel} {
		b, err := get(tree)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	f, err := os.Create(filepath.Join(dir, "initrd"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := writeRoot(f, tree); err != nil {
		return err
	}
	return writeGuests(f, guests)
}

// writeGuests writes the guests' files: an archive of its own, which Linux unpacks behind the first.
func writeGuests(out io.Writer, guests []Guest) error {
	w := cpio.NewWriter(out)
	for _, g := range guests {
		dir := "guests/" + g.Name + "/"
		config := []byte(g.config())
		if err := w.Add(dir+"kernel", g.Image); err != nil {
			return err
		}
		if err := w.File(dir+"config", 0o644, time.Time{}, int64(len(config)), bytes.NewReader(config)); err != nil {
			return err
		}
		if g.Ask == "" {
			continue
		}
		if err := w.File(dir+"ask", 0o644, time.Time{}, int64(len(g.Ask)), strings.NewReader(g.Ask)); err != nil {
			return err
		}
	}
	return w.Close()
}

// config is the guest's configuration: xl.cfg(5).
func (g *Guest) config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name=%q\ntype=\"pvh\"\nkernel=\"/guests/%[1]s/kernel\"\nextra=%q\n", g.Name, g.Line)
	fmt.Fprintf(&b, "memory=%d\nvcpus=%d\n", cmp.Or(g.Memory, 128), cmp.Or(g.CPUs, 1))
	b.WriteString("vif=['mac=00:16:3e:01:02:03,bridge=xenbr0,script=/etc/xen/scripts/vif']\n")
	b.WriteString("on_poweroff=\"destroy\"\non_reboot=\"destroy\"\non_crash=\"destroy\"\n")
	return b.String()
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
