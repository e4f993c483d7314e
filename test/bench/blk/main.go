// Command blk measures a virtio disk in an image and in a Linux machine beside it (Debian's kernel with its own virtio_blk), which QEMU
// emulates by turns: random and sequential reads and writes by the same program, test/bench/guest, whose data is checked. It prints
// what each round gave, and the medians.
//
//	bin/go run ./test/bench/blk [-arch amd64] [-rounds 5]
//
// The disk is a file in memory, and both go around what Linux caches. Time is the machine's own; the host has other things to do, so
// that the ratio counts. It needs QEMU, and apt-get for the kernel, which is downloaded once and not installed.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/misc/xen"
)

const (
	diskSize = 64 << 20
	limit    = 20 * time.Minute // of a machine
)

// machines are QEMU's, with the kind of virtio that it has and Linux's name for the serial port.
var machines = map[string]struct{ name, cpu, transport, module, serial string }{
	"amd64": {"q35", "max", "pci", "virtio_pci", "ttyS0"},
	"arm64": {"virt", "cortex-a53", "device", "virtio_mmio", "ttyAMA0"},
}

func main() {
	log.SetFlags(0)
	arch := flag.String("arch", "amd64", "amd64 or arm64")
	rounds := flag.Int("rounds", 5, "how often to measure each")
	flag.Parse()
	if _, ok := machines[*arch]; !ok {
		log.Fatalf("no architecture %q: amd64 or arm64", *arch)
	}
	if err := run(*arch, *rounds); err != nil {
		log.Fatal(err)
	}
}

func run(arch string, rounds int) error {
	dir, err := os.MkdirTemp("", "bench-blk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{arch: arch, dir: dir, of: map[[2]string][]float64{}}
	if err := b.prepare(); err != nil {
		return err
	}
	for range rounds {
		if err := errors.Join(b.round("mirage", b.mirage), b.round("linux", b.linux)); err != nil {
			return err
		}
	}
	b.print(os.Stdout)
	return nil
}

// A bench has the files of the machines, and what they have measured: MB/s, by measure and system.
type bench struct {
	arch, dir             string
	image, kernel, initrd string
	names                 []string
	of                    map[[2]string][]float64
}

// prepare builds what boots.
func (b *bench) prepare() (err error) {
	tree, err := xen.Unpack(b.arch)
	if err != nil {
		return err
	}
	if b.kernel, err = xen.KernelFile(tree); err != nil {
		return err
	}
	if b.image, err = b.build("mirage"); err != nil {
		return err
	}
	init, err := b.build("linux")
	if err != nil {
		return err
	}
	b.initrd = filepath.Join(b.dir, "initrd")
	f, err := os.Create(b.initrd)
	if err != nil {
		return err
	}
	r := xen.NewRoot(f, b.arch, tree)
	return errors.Join(r.Add("init", init), r.Module(machines[b.arch].module), r.Module("virtio_blk"), r.Close(), f.Close())
}

// build builds the program of both.
func (b *bench) build(goos string) (file string, err error) {
	file = filepath.Join(b.dir, goos)
	cmd := exec.Command("bin/go", "build", "-o", file, "./test/bench/guest")
	cmd.Env = append(os.Environ(), "GOROOT=", "GOOS="+goos, "GOARCH="+b.arch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
}

// round boots a machine with a new disk, and keeps what it has measured.
func (b *bench) round(system string, boot func(disk string, out io.Writer) error) error {
	disk, err := os.CreateTemp("/dev/shm", "bench-blk-")
	if err != nil {
		return err
	}
	defer os.Remove(disk.Name())
	if err := errors.Join(disk.Truncate(diskSize), disk.Close()); err != nil {
		return err
	}
	var out bytes.Buffer
	err = boot(disk.Name(), &out)
	n := 0
	for line := range strings.Lines(strings.ReplaceAll(out.String(), "\r", "")) {
		var name string
		var moved, seconds float64
		if _, err := fmt.Sscanf(line, "measured %s %g %g", &name, &moved, &seconds); err != nil {
			continue
		}
		if !slices.Contains(b.names, name) {
			b.names = append(b.names, name)
		}
		b.of[[2]string{name, system}] = append(b.of[[2]string{name, system}], moved/1e6/seconds)
		n++
	}
	if n != 4 {
		return fmt.Errorf("%s: %d of 4 measures: %v\n%s", system, n, err, out.Bytes())
	}
	return nil
}

func (b *bench) mirage(disk string, out io.Writer) error {
	m := machines[b.arch]
	machine, err := vm.Config{
		Image: b.image, Machine: m.name, CPU: m.cpu, Accel: "tcg", Net: "none", Args: []string{"disk=/dev/vda"},
		Disks: []vm.Disk{{File: disk}}, Stdout: out, Stderr: os.Stderr, TimeLimit: limit,
	}.Start()
	if err != nil {
		return err
	}
	code, err := machine.Wait()
	if err == nil && code != 0 {
		err = fmt.Errorf("exit code %d", code)
	}
	return err
}

func (b *bench) linux(disk string, out io.Writer) error {
	qemu, err := vm.Find(b.arch)
	if err != nil {
		return err
	}
	m := machines[b.arch]
	cmd := exec.Command(qemu, "-M", m.name, "-cpu", m.cpu, "-accel", "tcg", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none",
		"-no-reboot", "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false", "-kernel", b.kernel, "-initrd", b.initrd,
		"-append", "console="+m.serial+" quiet mitigations=off panic=-1 -- disk=/dev/vda",
		"-drive", "if=none,id=disk0,format=raw,file="+disk, "-device", "virtio-blk-"+m.transport+",drive=disk0")
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	over := time.AfterFunc(limit, func() { cmd.Process.Kill() })
	defer over.Stop()
	return cmd.Wait()
}

// print prints the medians, their ratio, and each round.
func (b *bench) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "MB/s\tmirage\tlinux\tratio\trounds of mirage\tof linux")
	for _, name := range b.names {
		ours, theirs := b.of[[2]string{name, "mirage"}], b.of[[2]string{name, "linux"}]
		m, l := median(ours), median(theirs)
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.2f\t%.0f\t%.0f\n", name, m, l, m/l, ours, theirs)
	}
	t.Flush()
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
