package xen

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"mirage.build/misc/bootimage"
	"mirage.build/misc/cpio"
)

// A Guest is a machine of Xen's.
type Guest struct {
	Name     string
	Image    string
	Line     string // command line
	Kind     string // on amd64: "pv"; default "pvh"
	Memory   int    // MiB, default 128
	CPUs     int    // default 1
	Ramdisk  string // the file of its initial RAM disk; default: none
	NoCard   bool   // no network card
	Disk     string // the name of a disk of 16 MiB, which guests may have one after the other; default: none
	Disks    []Disk // more disks
	Ask      string // a shell script that dom0 runs while it runs, and then ends it
	Attached bool   // its console is a port of dom0's own: see dom0/init
	Beside   *Guest // another guest, for the script to make of the file beside/config
}

// A Disk is one that dom0 has: a device of QEMU's with a serial number.
type Disk struct {
	Serial   string
	ReadOnly bool
}

// writeGuests writes the guests' files: an archive of its own, which Linux unpacks behind the first.
func writeGuests(out io.Writer, arch string, guests []Guest) error {
	w := guestWriter{cpio.NewWriter(out), arch, map[file]string{}}
	for _, g := range guests {
		if err := w.guest("guests/"+g.Name+"/", "00:16:3e:01:02:03", &g); err != nil {
			return err
		}
	}
	return w.Close()
}

// A guestWriter writes guests into an archive. A file of the host that many have is written once: dom0 has all in its memory.
type guestWriter struct {
	*cpio.Writer
	arch string
	has  map[file]string // its name in the archive
}

// A file is one of the host's, and what it is to a guest: a kernel is written in another form than a RAM disk.
type file struct{ from, as string }

// guest writes a guest's files to a folder, and those of the one beside it to one in there.
func (w *guestWriter) guest(dir, mac string, g *Guest) error {
	if err := errors.Join(w.once(dir+"kernel", g.Image, w.image), w.text(dir+"config", g.config(w.arch, "/"+dir, mac))); err != nil {
		return err
	}
	if g.Ask != "" {
		if err := w.text(dir+"ask", g.Ask); err != nil {
			return err
		}
	}
	if g.Attached {
		if err := w.text(dir+"attached", ""); err != nil {
			return err
		}
	}
	if g.Ramdisk != "" {
		if err := w.once(dir+"ramdisk", g.Ramdisk, w.Add); err != nil {
			return err
		}
	}
	if g.Beside == nil {
		return nil
	}
	return w.guest(dir+"beside/", "00:16:3e:01:02:04", g.Beside)
}

// once writes a file, and where it is there already a symbolic link to it.
func (w *guestWriter) once(name, from string, write func(name, from string) error) error {
	f := file{from, path.Base(name)}
	if at, ok := w.has[f]; ok {
		return w.Symlink(name, "/"+at, time.Time{})
	}
	w.has[f] = name
	return write(name, from)
}

func (w *guestWriter) image(name, from string) error {
	image, err := Image(from, w.arch)
	if err != nil {
		return err
	}
	return w.text(name, string(image))
}

func (w *guestWriter) text(name, text string) error {
	return w.File(name, 0o644, time.Time{}, int64(len(text)), strings.NewReader(text))
}

// Image is an image as Xen loads it: on arm64 in the form of Linux's Image. A Linux kernel is in its form already.
func Image(file, arch string) ([]byte, error) {
	if arch != "arm64" {
		return os.ReadFile(file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var magic [4]byte
	if _, err := f.ReadAt(magic[:], armMagicAt); err == nil && string(magic[:]) == armMagic {
		return io.ReadAll(f)
	}
	return bootimage.ARM64(f)
}

// Linux, Documentation/arch/arm64/booting.rst: the header of an Image.
const (
	armMagicAt = 56
	armMagic   = "ARM\x64"
)

// KindOn is the guest's kind as xl knows it: arm64 has one, without a name.
func (g *Guest) KindOn(arch string) string {
	if arch != "amd64" {
		return ""
	}
	return cmp.Or(g.Kind, "pvh")
}

// config is the guest's configuration, with its files in a folder of dom0's.
func (g *Guest) config(arch, dir, mac string) string {
	c := Config{
		Name: g.Name, Kind: g.KindOn(arch), Kernel: dir + "kernel", Line: g.Line, Memory: cmp.Or(g.Memory, 128), CPUs: cmp.Or(g.CPUs, 1), OnReboot: "destroy",
	}
	if g.Ramdisk != "" {
		c.Ramdisk = dir + "ramdisk"
	}
	if !g.NoCard {
		c.Cards = []string{"mac=" + mac + ", bridge=xenbr0, script=/etc/xen/scripts/vif"}
	}
	disks := g.Disks
	if g.Disk != "" {
		disks = append([]Disk{{Serial: g.Disk}}, disks...)
	}
	for i, d := range disks {
		c.Disks = append(c.Disks, DiskSpec(i, "raw", "/disks/"+d.Serial, d.ReadOnly, "script=/etc/xen/scripts/disk"))
	}
	return c.String()
}
