// Command xen measures an image and a Linux guest beside it, as guests of the same Xen in one emulated machine, against its dom0: TCP
// both ways with iperf3, questions of DNS, and a disk, with random and sequential reads and writes whose data is checked. It prints both
// side by side.
//
//	bin/go run ./test/bench/xen [-arch arm64 | -kind pv] [-only tcp,dns,disk] [-clock]
//
// Time is counted in instructions: the machine has one CPU, and an instruction takes a nanosecond, whatever the host is doing; a guest's
// CPU time is the hypervisor's account, with what it did for the guest. With -clock time is the host's.
//
// Linux has Debian's kernel with its own front ends, iperf3 and NSD; the image has test/guest/iperf3 and misc/examples/dns. The disks are
// measured by the same program, guest; in dom0 asks the program ask. It needs QEMU, and apt-get for Debian 12's packages, which are
// downloaded once and not installed.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/misc/xen"
)

const guestMemory = 256 // MiB

var arch string // of the machine and its guests

func main() {
	log.SetFlags(0)
	flag.StringVar(&arch, "arch", "amd64", "architecture: amd64 or arm64")
	kind := flag.String("kind", "pvh", "kind of guest on amd64: pvh or pv")
	only := flag.String("only", "tcp,dns,disk", "what to measure")
	clock := flag.Bool("clock", false, "measure time by the host's clock")
	limit := flag.Duration("timeout", time.Hour, "end the machine after that time")
	flag.Parse()
	if err := run(*kind, strings.Split(*only, ","), *clock, *limit); err != nil {
		log.Fatal(err)
	}
}

func run(kind string, only []string, clock bool, limit time.Duration) error {
	dir, err := os.MkdirTemp("", "bench-xen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	guests, err := prepare(dir, kind, only)
	if err != nil {
		return err
	}
	out, err := boot(dir, clock, limit)
	for tries := 2; tries > 0 && bytes.Contains(out, []byte(xen.InterruptWhileOff)); tries-- {
		log.Print("once more, for ", xen.InterruptWhileOff)
		out, err = boot(dir, clock, limit)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	results, err := read(out, guests)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	results.print(os.Stdout, clock)
	return nil
}

// boot runs the machine until dom0 turns it off, and returns what it wrote.
func boot(dir string, clock bool, limit time.Duration) ([]byte, error) {
	qemu, err := vm.Find(arch)
	if err != nil {
		return nil, err
	}
	args := append(xen.Arguments(arch, guestMemory), "-serial", "stdio")
	if !clock {
		args = append(args, xen.OwnClock...)
	}
	cmd := exec.Command(qemu, args...)
	cmd.Dir = dir
	if clock {
		cmd.Stdin = xen.Beat()
	}
	end := time.AfterFunc(limit, func() { cmd.Process.Kill() })
	defer end.Stop()
	return cmd.CombinedOutput()
}

// build builds a program of this repository, whose root is the working directory.
func build(dir, goos, pkg string) (file string, err error) {
	file = filepath.Join(dir, goos+"-"+filepath.Base(pkg))
	cmd := exec.Command("bin/go", "build", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "GOROOT=", "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return file, nil
}
