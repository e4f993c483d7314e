package xen

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// dom0Memory is what dom0 has, MiB.
const dom0Memory = 640

// besides is what Xen itself takes, and what QEMU's loaders and dom0's files need while it boots, MiB.
var besides = map[string]int{"amd64": 384, "arm64": 640}

// board are the arguments with which QEMU emulates a machine that Xen runs on. The model of an amd64 CPU is without what its
// emulation and Xen do not agree on: Xen's own accesses in SMAP, MWAIT with extensions, the size of XSAVE's state, and
// RDTSCP, which QEMU reports as RDTSC.
var board = map[string][]string{
	"amd64": {"-M", "pc", "-cpu", "EPYC,-smap,-smep,-monitor,-xsave,-rdtscp"},
	"arm64": {"-M", "virt,virtualization=on,gic-version=2", "-cpu", "cortex-a57"},
}

// QEMU 7.2 changes the set of pending interrupts in VMRUN and VMEXIT without a lock (target/i386/tcg/sysemu/svm_helper.c): the timer's,
// when it comes from another thread just then, is lost, and all stands still. There are two ways around that.

// OwnClock, behind a machine's other arguments, has timers run between instructions, and the clock go by what is executed, and at
// once to where it is awaited: nothing is late there because the host has more to do. It is for a machine that hears nothing from
// outside, for what comes in the handler of a guest's interrupt has QEMU give the guest that interrupt twice.
var OwnClock = []string{"-icount", "shift=0,sleep=off"}

// InterruptWhileOff is what a guest says then, and ends (src/runtime/trap_mirage_amd64.go). It is seldom, and no CPU does so.
const InterruptWhileOff = "the hypervisor gave an interrupt while interrupts were off"

// Beat is for the serial port of another, on which Xen is told to listen itself and to do nothing about it (conswitch): each octet is
// an interrupt, with which one that was lost is seen again.
func Beat() io.Reader { return beat{} }

type beat struct{}

func (beat) Read(p []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	p[0] = 0
	return 1, nil
}

const (
	messages  = " conswitch=ax bootscrub=0 loglvl=info guest_loglvl=all"
	dom0Words = "console=hvc0 quiet"
)

// Board is QEMU's command line for a machine with that much memory, in MiB, without what runs on it.
func Board(arch string, memory int) []string {
	return append([]string{
		"-accel", "tcg", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", fmt.Sprint(memory),
	}, board[arch]...)
}

// Arguments is QEMU's command line, but for the serial port, for the machine whose files Prepare has written to its working folder
// and whose guests have that much memory at a time, in MiB. On arm64 QEMU tells Xen by the device tree what lies where.
func Arguments(arch string, memory int) []string {
	a := append(Board(arch, memory+dom0Memory+besides[arch]), "-kernel", "xen")
	words := fmt.Sprintf("dom0_mem=%[1]dM,max:%[1]dM dom0_max_vcpus=1", dom0Memory) + messages
	if arch == "arm64" {
		return append(a, "-append", "console=dtuart dtuart=/pl011@9000000 "+words,
			"-device", "guest-loader,addr=0x50000000,kernel=kernel,bootargs="+dom0Words,
			"-device", "guest-loader,addr=0x58000000,initrd=initrd")
	}
	return append(a, "-append", "console=com1 "+words, "-initrd", "kernel "+dom0Words+",initrd")
}

// Prepare writes the files that QEMU loads to dir; tree is what Unpack returns.
func Prepare(dir, tree, arch string, guests []Guest) error {
	for name, get := range map[string]func(tree, arch string) ([]byte, error){"xen": Hypervisor, "kernel": kernel} {
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
