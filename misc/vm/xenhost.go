package vm

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"mirage.build/misc/xen"
)

// A xenHost is a guest that this host's own toolstack makes. Its network is the bridge that xl's configuration names.
type xenHost struct {
	name       string // the domain's
	typed      io.Writer
	complaints messages
}

// settleXenHost checks what was asked for.
func (c *Config) settleXenHost() error {
	switch {
	case len(c.Forwards) > 0 && !c.fixedAddress().IsValid():
		return errors.New("on a host with Xen a machine is on the host's bridge: -p wants its address, by -ip ADDR/LEN")
	case c.Capture != "":
		return errors.New("on a host with Xen the network is to be captured on the host's bridge: there is no -pcap")
	case c.Net != "" && c.Net != "user" && c.Net != "none":
		return errors.New("on a host with Xen a machine is on the host's bridge, or has no network by -net none")
	}
	return nil
}

// fixedAddress is the address that the command line gives the machine, if it gives one.
func (c *Config) fixedAddress() netip.Addr {
	for _, w := range c.Words {
		text, ok := strings.CutPrefix(w, "ip=")
		address, _, _ := strings.Cut(text, "/")
		if a, err := netip.ParseAddr(address); ok && err == nil {
			return a
		}
	}
	return netip.Addr{}
}

// startXenHost starts the guest, with its files in dir.
func (c *Config) startXenHost(m *Machine, dir string) error {
	h := &xenHost{name: fmt.Sprintf("mirage-%d", os.Getpid())}
	file, err := c.writeXenHost(dir, h.name)
	if err != nil {
		return err
	}
	ports, err := startRelay(c.Forwards, c.fixedAddress())
	if err != nil {
		return err
	}
	files := m.remove
	m.remove = func() { ports.end(); files() }
	m.cmd, m.xen = exec.Command("xl", "create", "-q", "-F", "-c", file), h
	m.cmd.Stdout, m.cmd.Stderr = &xenConsole{to: orDiscard(c.Stdout)}, &h.complaints
	m.cmd.SysProcAttr = childAttributes()
	// It stays open when c.Stdin has ended, for xl would leave the console.
	if h.typed, err = m.cmd.StdinPipe(); err != nil {
		return err
	}
	return m.cmd.Start()
}

// writeXenHost writes the guest's files, and returns that of its configuration.
func (c *Config) writeXenHost(dir, name string) (file string, err error) {
	g, err := c.xenGuest()
	if err != nil {
		return "", err
	}
	image, err := xen.Image(c.Image, c.Arch)
	if err != nil {
		return "", err
	}
	kernel, file := filepath.Join(dir, "kernel"), filepath.Join(dir, "config")
	x := xen.Config{
		Name: name, Kernel: kernel, Line: g.Line, Kind: g.KindOn(c.Arch), Ramdisk: c.Initrd, Memory: c.Memory, CPUs: c.CPUs,
		OnReboot: "destroy",
	}
	if c.Net != "none" {
		x.Cards = []string{""}
	}
	if x.Disks, err = XenDisks(c.Disks); err != nil {
		return "", err
	}
	return file, errors.Join(os.WriteFile(kernel, image, 0o600), os.WriteFile(file, []byte(x.String()), 0o600))
}

// XenDisks are disks as xl is to know them.
func XenDisks(disks []Disk) (specs []string, err error) {
	if len(disks) > 26 {
		return nil, errors.New("more than 26 disks")
	}
	for i, d := range disks {
		file, err := filepath.Abs(d.File)
		if err != nil {
			return nil, err
		}
		if strings.Contains(file, ",") {
			return nil, fmt.Errorf("disk %s: xl takes no comma in a name", file)
		}
		specs = append(specs, xen.DiskSpec(i, d.Format(), file, d.ReadOnly))
	}
	return specs, nil
}

func (h *xenHost) keys() io.Writer { return h.typed }
func (h *xenHost) shutdown() error { return exec.Command("xl", "shutdown", h.name).Run() }
func (h *xenHost) destroy()        { exec.Command("xl", "destroy", h.name).Run() } // xl ends when its guest has

// reasonCode is how xl says why a guest has ended.
var reasonCode = regexp.MustCompile(`reason code (\d+)`)

func (h *xenHost) result(ended error) (int, error) {
	said := h.complaints.all()
	if found := reasonCode.FindStringSubmatch(said); found != nil {
		return xenCode(found[1])
	}
	return 0, fmt.Errorf("xl create (%v): %s", ended, strings.Join(strings.Fields(said), " "))
}
