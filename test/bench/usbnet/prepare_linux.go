//go:build linux && !mirage

package main

import (
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// modules are what Debian's kernel has as files, in the order in which they need each other.
var modules = []string{"usb-common", "usbcore", "roles", "udc-core", "phy-generic", "dwc2", "mii", "usbnet", "cdc_ether", "rndis_host"}

// prepare makes the network of a guest ready whose first process this is.
func prepare() error {
	if os.Getpid() != 1 {
		return nil
	}
	for _, name := range modules {
		f, err := os.Open("/modules/" + name + ".ko")
		if err != nil {
			continue // it is in the kernel
		}
		if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil {
			fmt.Println(name, err)
		}
		f.Close()
	}
	for {
		all, err := net.Interfaces()
		if err != nil {
			return err
		}
		for _, i := range all {
			if i.Flags&net.FlagLoopback == 0 {
				fmt.Println("network card", i.Name)
				return setAddress(i.Name)
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// setAddress gives the card the address that QEMU's network would by DHCP.
func setAddress(name string) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	for _, step := range []struct {
		request uint
		set     func(r *unix.Ifreq) error
	}{
		{unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr([]byte{10, 0, 2, 15}) }},
		{unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr([]byte{255, 255, 255, 0}) }},
		{unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error { r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING); return nil }},
	} {
		r, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := step.set(r); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(s, step.request, r); err != nil {
			return err
		}
	}
	return nil
}
