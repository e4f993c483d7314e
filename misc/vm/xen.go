package vm

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"mirage.build/misc/xen"
)

// A guest of Xen's. Where this host is itself dom0 of one, its toolstack makes the guest (xenhost.go); elsewhere QEMU emulates a
// machine with the hypervisor and a dom0 (xenlab.go). The program's standard streams are the guest's console.

// Machines' names: on amd64 they say the kind of guest, on arm64 there is one.
const (
	xenGuest = "xen"
	xenPV    = "xenpv"
)

// endKey is what ends the input typed on a console: Ctrl-D.
const endKey = 4

// A xenMachine is a guest that runs.
type xenMachine interface {
	keys() io.Writer                        // what is typed on its console
	shutdown() error                        // asks it to end
	destroy()                               // ends it at once
	result(ended error) (code int, _ error) // the program's exit code, when the process that ran it has ended
}

func (c *Config) isXen() bool { return c.machineName() == xenGuest || c.machineName() == xenPV }

// OnXen reports whether this host makes guests: it is in control of a Xen (Linux, drivers/xen/xenfs/super.c), and xl is there.
func OnXen() bool {
	b, err := os.ReadFile("/proc/xen/capabilities")
	if err != nil || !bytes.Contains(b, []byte("control_d")) {
		return false
	}
	_, err = exec.LookPath("xl")
	return err == nil
}

// ownClock, as Config.Accel, is software emulation whose clock goes by what is executed, and at once to where it is awaited: for tests
// that nobody talks to, which no other load of the host can disturb.
const ownClock = "icount"

// settleXen checks what was asked for, and gets the hypervisor if it is not there.
func (c *Config) settleXen() (err error) {
	switch {
	case c.machineName() == xenPV && c.Arch != "amd64":
		return fmt.Errorf("guests of the kind PV run amd64 images: %s is for %s", c.Image, c.Arch)
	case c.Accel != "" && c.Accel != "tcg" && c.Accel != ownClock:
		return errors.New("QEMU emulates a machine with Xen in software: no other -accel than tcg or icount")
	case len(c.Disks) > 26:
		return errors.New("more than 26 disks")
	}
	c.NoConsole, c.Accel = true, cmp.Or(c.Accel, "tcg")
	if OnXen() {
		return c.settleXenHost()
	}
	c.PCI = c.Arch == "amd64"
	if _, there, err := xen.Unpacked(c.Arch); err == nil && !there {
		c.Notice("getting Xen and a Linux for its dom0, some 100 MB, the first time")
	}
	if c.hypervisor, err = xen.Unpack(c.Arch); err != nil {
		return err
	}
	// QEMU is to run in another folder.
	for i := range c.Disks {
		c.Disks[i].File, err = filepath.Abs(c.Disks[i].File)
	}
	if c.Capture != "" && err == nil {
		c.Capture, err = filepath.Abs(c.Capture)
	}
	return err
}

// startXen starts the guest.
func (c *Config) startXen(m *Machine) (err error) {
	dir, err := os.MkdirTemp("", "mirage-xen-")
	if err != nil {
		return err
	}
	m.remove = func() { os.RemoveAll(dir) }
	m.arch = c.Arch
	if c.hypervisor == "" {
		err = c.startXenHost(m, dir)
	} else {
		err = c.startXenLab(m, dir)
	}
	if err == nil && c.Stdin != nil {
		go func() {
			io.Copy(m.xen.keys(), c.Stdin)
			m.xen.keys().Write([]byte{endKey})
		}()
	}
	return err
}

// xenSignal asks the guest to end, but for SIGINT and SIGQUIT, which are keys on its console.
func (m *Machine) xenSignal(s syscall.Signal) error {
	if s != syscall.SIGINT && s != syscall.SIGQUIT {
		return m.xen.shutdown()
	}
	_, err := m.xen.keys().Write(piKey(s))
	return err
}

// xenCode is the exit code that a domain's reason to end says, with exit=debug: src/runtime/xen_mirage.go, xenEnd.
func xenCode(reason string) (int, error) {
	const powerOff, crash, last = 0, 3, 5
	n, err := strconv.Atoi(reason)
	switch {
	case err == nil && n == powerOff:
		return 0, nil
	case err == nil && last < n && n < 256:
		return n - last, nil
	case err == nil && n == crash:
		return 0, errors.New("the guest crashed")
	}
	return 0, fmt.Errorf("the guest has ended for Xen's reason %s", reason)
}

// A xenConsole passes on what a guest's console writes, with lines as programs write them: the image writes for a terminal, with
// a carriage return before each newline.
type xenConsole struct {
	to   io.Writer
	held bool // a carriage return was the last byte
}

func (x *xenConsole) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p)+1)
	for _, b := range p {
		if x.held && b != '\n' {
			out = append(out, '\r')
		}
		if x.held = b == '\r'; !x.held {
			out = append(out, b)
		}
	}
	if _, err := x.to.Write(out); err != nil {
		x.to = io.Discard // a writer that fails does not hold the guest up
	}
	return len(p), nil
}
