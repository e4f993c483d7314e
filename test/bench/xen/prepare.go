package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mirage.build/misc/cpio"
	"mirage.build/misc/xen"
	"mirage.build/test/dns/zonegen"
)

const (
	address = "10.0.2.15"
	dom0    = "10.0.2.4"
)

// servers are what Linux has that is measured, with the libraries that dom0 has not; dom0 has iperf3 too.
var servers = []string{
	"iperf3", "libiperf0", "libsctp1", "libssl3", "nsd", "libevent-2.1-7", "libfstrm0", "libprotobuf-c1",
	"libsystemd0", "libcap2", "libgcrypt20", "libgpg-error0", "liblz4-1",
}

const (
	nsdConfig = `server:
  ip-address: ` + address + `
  server-count: 1
  do-ip6: no
  username: ""
  chroot: ""
  database: ""
  zonesdir: "/"
  zonelistfile: "/tmp/zonelist"
  xfrdfile: "/tmp/xfrd"
  xfrdir: "/tmp"
  pidfile: ""
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: example.com.zone
`
	hosts = "127.0.0.1 localhost\n"
)

// prepare writes the files of the machine to dir, and returns the names of its guests: those called linux- are Linux.
func prepare(dir, kind string, only []string) (names []string, err error) {
	tree, err := xen.Unpack(arch)
	if err != nil {
		return nil, err
	}
	others, err := xen.UnpackOthers("xen-bench", arch, servers...)
	if err != nil {
		return nil, err
	}
	var zone, questions bytes.Buffer
	if err := zonegen.Big(&zone, &questions, "example.com", 10000, 30000); err != nil {
		return nil, err
	}
	guests, err := makeGuests(dir, kind, only, tree, others, zone.String())
	if err != nil {
		return nil, err
	}
	if err := xen.Prepare(dir, tree, arch, guests); err != nil {
		return nil, err
	}
	for _, g := range guests {
		names = append(names, g.Name)
	}
	return names, addToDom0(dir, tree, others, questions.String())
}

// makeGuests makes the guests. Each measure has a machine of its own.
func makeGuests(dir, kind string, only []string, tree, others, zone string) (guests []xen.Guest, err error) {
	linux, err := xen.KernelFile(tree)
	if err != nil {
		return nil, err
	}
	root := filepath.Join(dir, "linux.cpio")
	if err := writeLinux(root, tree, others, zone); err != nil {
		return nil, err
	}
	zones := filepath.Join(dir, "zone.cpio")
	if err := writeFile(zones, func(w io.Writer) error {
		c := cpio.NewWriter(w)
		return errors.Join(addText(c, "example.com.zone", zone), c.Close())
	}); err != nil {
		return nil, err
	}
	for _, m := range []struct{ what, pkg, ramdisk, line string }{
		{"tcp", "./test/guest/iperf3", "", ""},
		{"dns", "./misc/examples/dns", zones, " -- -zone /example.com.zone"},
		{"disk", "./test/bench/guest", "", ""},
	} {
		if !slices.Contains(only, m.what) {
			continue
		}
		image, err := build(dir, "mirage", m.pkg)
		if err != nil {
			return nil, err
		}
		for _, g := range []xen.Guest{
			{Name: "linux-" + m.what, Image: linux, Ramdisk: root, Line: "console=hvc0 quiet mitigations=off panic=-1 -- address=" + address},
			{Name: "mirage-" + m.what, Image: image, Ramdisk: m.ramdisk, Line: "ip=" + address + "/24," + dom0 + m.line},
		} {
			g.Kind, g.Memory, g.Disk = kind, guestMemory, "one"
			g.Ask = "/bench/ask $(xl domid " + g.Name + ") " + address + " " + m.what + "\n"
			guests = append(guests, g)
		}
	}
	return guests, nil
}

// writeLinux writes the files of the Linux guest.
func writeLinux(file, tree, others, zone string) error {
	init, err := build(filepath.Dir(file), "linux", "./test/bench/guest")
	if err != nil {
		return err
	}
	return writeFile(file, func(w io.Writer) error {
		r := xen.NewRoot(w, arch, others, tree)
		return errors.Join(
			r.Add("init", init), r.Loader(), r.Program("usr/bin/iperf3"), r.Program("usr/sbin/nsd"),
			r.Module("xen-netfront"), r.Module("xen-blkfront"),
			addText(r.Writer, "nsd.conf", nsdConfig), addText(r.Writer, "example.com.zone", zone), addText(r.Writer, "etc/hosts", hosts),
			r.Close())
	})
}

// addToDom0 adds an archive to dom0's, which Linux unpacks behind it: who asks, and what.
func addToDom0(dir, tree, others, questions string) error {
	ask, err := build(dir, "linux", "./test/bench/xen/ask")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "initrd"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	r := xen.NewRoot(f, arch, others, tree)
	return errors.Join(
		r.Add("bench/ask", ask), r.Program("usr/bin/iperf3"), addText(r.Writer, "bench/queries.txt", questions), r.Close(), f.Close())
}

func addText(w *cpio.Writer, name, text string) error {
	return w.File(name, 0o644, time.Time{}, int64(len(text)), strings.NewReader(text))
}

func writeFile(name string, write func(w io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
