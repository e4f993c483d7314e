package xen

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/bootimage"
	"mirage.build/misc/cpio"
	"mirage.build/misc/vm"
)

// A Guest is a machine of Xen's.
type Guest struct {
	Name   string
	Image  string
	Line   string // command line
	Kind   string // on amd64: "pv"; default "pvh"
	Memory int    // MiB, default 128
	CPUs   int    // default 1
	Disk   string // the name of a disk of 16 MiB, which guests may have one after the other; default: none
	Ask    string // a shell script that dom0 runs while it runs, and then ends it
	Beside *Guest // another guest, for the script to make of the file beside/config
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
const timeLimit = 12 * time.Minute

// machines are the arguments with which QEMU emulates a machine with Xen. The model of an amd64 CPU is without what its
// emulation and Xen do not agree on: Xen's own accesses in SMAP, MWAIT with extensions, the size of XSAVE's state, and
// RDTSCP, which QEMU reports as RDTSC. On arm64 QEMU tells Xen by the device tree what lies where.
var machines = map[string][]string{
	"amd64": {
		"-M", "pc", "-cpu", "EPYC,-smap,-smep,-monitor,-xsave,-rdtscp", "-m", "1280",
		"-append", "console=com1 dom0_mem=640M,max:640M dom0_max_vcpus=1 bootscrub=0 loglvl=info guest_loglvl=all",
		"-initrd", "kernel console=hvc0 quiet,initrd",
	},
	"arm64": {
		"-M", "virt,virtualization=on,gic-version=2", "-cpu", "cortex-a57", "-m", "1536",
		"-append", "console=dtuart dtuart=/pl011@9000000 dom0_mem=640M dom0_max_vcpus=1 bootscrub=0 loglvl=info guest_loglvl=all",
		"-device", "guest-loader,addr=0x50000000,kernel=kernel,bootargs=console=hvc0 quiet",
		"-device", "guest-loader,addr=0x58000000,initrd=initrd",
	},
}

// Run boots Xen and runs the guests, one after the other.
func Run(t *testing.T, arch string, guests []Guest) map[string]*Result {
	t.Helper()
	dir := t.TempDir()
	if err := prepare(dir, packagesOf(t, arch), arch, guests); err != nil {
		t.Fatal(err)
	}
	out := boot(t, arch, dir, "", machines[arch]...)
	return read(out, guests)
}

// packagesOf returns the folder of an architecture's packages, or skips the test.
func packagesOf(t *testing.T, arch string) (tree string) {
	t.Helper()
	if testing.Short() {
		t.Skip("boots a machine")
	}
	tree, err := unpack(arch)
	if errors.Is(err, errPackages) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return tree
}

// boot runs QEMU with the hypervisor in a folder until it ends or the machine has written a text, if that is not "", and returns
// what the machine wrote.
func boot(t *testing.T, arch, dir, until string, args ...string) []byte {
	t.Helper()
	qemu, err := vm.Find(arch)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, append([]string{"-accel", "tcg", "-nodefaults", "-no-user-config",
		"-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", "xen"}, args...)...)
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

// prepare writes the files that QEMU loads.
func prepare(dir, tree, arch string, guests []Guest) error {
	for name, get := range map[string]func(tree, arch string) ([]byte, error){"xen": hypervisor, "kernel": kernel} {
		b, err := get(tree, arch)
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
	if err := writeRoot(f, tree, arch); err != nil {
		return err
	}
	return writeGuests(f, arch, guests)
}

// writeGuests writes the guests' files: an archive of its own, which Linux unpacks behind the first.
func writeGuests(out io.Writer, arch string, guests []Guest) error {
	w := cpio.NewWriter(out)
	for _, g := range guests {
		if err := writeGuest(w, arch, "guests/"+g.Name+"/", "00:16:3e:01:02:03", &g); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeGuest writes a guest's files to a folder, and those of the one beside it to one in there.
func writeGuest(w *cpio.Writer, arch, dir, mac string, g *Guest) error {
	image, err := imageOf(g.Image, arch)
	if err != nil {
		return err
	}
	config := g.config(arch, "/"+dir+"kernel", mac)
	for name, text := range map[string]string{"kernel": string(image), "config": config, "ask": g.Ask} {
		if name == "ask" && text == "" {
			continue
		}
		if err := w.File(dir+name, 0o644, time.Time{}, int64(len(text)), strings.NewReader(text)); err != nil {
			return err
		}
	}
	if g.Beside == nil {
		return nil
	}
	return writeGuest(w, arch, dir+"beside/", "00:16:3e:01:02:04", g.Beside)
}

// imageOf is an image as Xen loads it: on arm64 in the form of Linux's Image.
func imageOf(file, arch string) ([]byte, error) {
	if arch != "arm64" {
		return os.ReadFile(file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bootimage.ARM64(f)
}

// config is the guest's configuration: xl.cfg(5).
func (g *Guest) config(arch, kernel, mac string) string {
	var b strings.Builder
	if arch == "amd64" { // arm64 has one kind of guests
		fmt.Fprintf(&b, "type=%q\n", cmp.Or(g.Kind, "pvh"))
	}
	fmt.Fprintf(&b, "name=%q\nkernel=%q\nextra=%q\n", g.Name, kernel, g.Line)
	fmt.Fprintf(&b, "memory=%d\nvcpus=%d\n", cmp.Or(g.Memory, 128), cmp.Or(g.CPUs, 1))
	fmt.Fprintf(&b, "vif=['mac=%s,bridge=xenbr0,script=/etc/xen/scripts/vif']\n", mac)
	if g.Disk != "" {
		fmt.Fprintf(&b, "disk=['format=raw,vdev=xvda,access=rw,script=/etc/xen/scripts/disk,target=/disks/%s']\n", g.Disk)
	}
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
