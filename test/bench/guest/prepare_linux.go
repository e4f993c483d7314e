//go:build linux && !mirage

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// prepare makes the guest ready whose first process this is. Its address is the last argument, from behind "--" in the kernel's
// command line.
func prepare() error {
	if os.Getpid() != 1 {
		return nil
	}
	if err := prepareDisk("/dev/xvda"); err != nil {
		return err
	}
	for !exists("/sys/class/net/eth0") {
		time.Sleep(100 * time.Millisecond)
	}
	address, ok := strings.CutPrefix(os.Args[len(os.Args)-1], "address=")
	if !ok {
		return fmt.Errorf("the last of %q is not the address", os.Args)
	}
	if err := errors.Join(setAddress("lo", "127.0.0.1"), setAddress("eth0", address)); err != nil {
		return err
	}
	return errors.Join(start("/usr/bin/iperf3", "-s"), start("/usr/sbin/nsd", "-d", "-c", "/nsd.conf"))
}

// prepareDisk makes the file systems of a machine ready whose first process this is, and its disk.
func prepareDisk(disk string) error {
	if os.Getpid() != 1 {
		return nil
	}
	for _, m := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}} {
		os.MkdirAll(m[1], 0o755)
		if err := unix.Mount(m[0], m[1], m[0], 0, ""); err != nil && err != unix.EBUSY {
			return fmt.Errorf("%s: %w", m[1], err)
		}
	}
	modules, err := filepath.Glob("/modules/*") // in the order in which they need each other
	for _, name := range modules {
		err = errors.Join(err, load(name))
	}
	if err != nil {
		return err
	}
	for !exists(disk) {
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// powerOff ends a machine whose first process this is.
func powerOff() {
	if os.Getpid() == 1 {
		unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func load(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && err != unix.EEXIST {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func start(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Start()
}

// setAddress gives a card an address in a network of 256, and has it work.
func setAddress(card, address string) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	for _, step := range []struct {
		request uint
		set     func(r *unix.Ifreq) error
	}{
		{unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(net.ParseIP(address).To4()) }},
		{unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr([]byte{255, 255, 255, 0}) }},
		{unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }},
	} {
		r, err := unix.NewIfreq(card)
		if err != nil {
			return err
		}
		if err := step.set(r); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(s, step.request, r); err != nil {
			return fmt.Errorf("%s: %w", card, err)
		}
	}
	return nil
}
