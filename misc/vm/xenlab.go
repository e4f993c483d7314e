package vm

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"mirage.build/misc/xen"
)

// A xenLab is a machine that QEMU emulates, with Xen, a dom0 and one guest (misc/xen). The devices that QEMU would give the image
// are dom0's: the card is on one bridge with the guest's, the disks are the guest's, and two ports are the guest's console and what
// dom0/init has to say.
type xenLab struct {
	cmd              *exec.Cmd
	console, control *os.File
	out              xenConsole
	boot, complaints messages

	mu     sync.Mutex
	report string // what dom0 has said
	got    int    // bytes of the console
	over   bool   // there will be no more
	code   int
	err    error
}

// maxReport is more than dom0 has to say.
const maxReport = 64 << 10

// startXenLab boots the machine, with its files in dir.
func (c *Config) startXenLab(m *Machine, dir string) error {
	g, err := c.xenGuest()
	if err != nil {
		return err
	}
	if err := xen.Prepare(dir, c.hypervisor, c.Arch, []xen.Guest{g}); err != nil {
		return err
	}
	args, err := c.xenArguments()
	if err != nil {
		return err
	}
	l := &xenLab{cmd: exec.Command(c.qemu, args...), out: xenConsole{to: orDiscard(c.Stdout)}}
	l.cmd.Dir, l.cmd.Stdout, l.cmd.Stderr = dir, &l.boot, &l.complaints
	if c.Accel != ownClock {
		l.cmd.Stdin = xen.Beat()
	}
	l.cmd.SysProcAttr = childAttributes()
	m.cmd, m.xen = l.cmd, l
	return l.start(m)
}

// xenGuest is the guest for dom0/init.
func (c *Config) xenGuest() (xen.Guest, error) {
	line, err := c.line()
	g := xen.Guest{
		Name: "mirage", Image: c.Image, Line: line, Memory: c.Memory, CPUs: c.CPUs, Ramdisk: c.Initrd,
		NoCard: c.Net == "none", Attached: true,
	}
	if c.machineName() == xenPV {
		g.Kind = "pv"
	}
	for i, d := range c.Disks {
		g.Disks = append(g.Disks, xen.Disk{Serial: diskSerial(i), ReadOnly: d.ReadOnly})
	}
	return g, err
}

// xenPorts are dom0's ports, in the order of their files in QEMU's process.
var xenPorts = []string{"console", "control"}

// xenArguments is QEMU's command line. dom0's pages are not where it believes they are, so that its drivers have to ask what devices
// are to be told: VIRTIO_F_ACCESS_PLATFORM (Virtual I/O Device (VIRTIO) 1.2, 6).
func (c *Config) xenArguments() ([]string, error) {
	a := append(xen.Arguments(c.Arch, c.Memory), "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false")
	for _, kind := range []string{"net", "blk", "serial"} {
		a = append(a, "-global", c.virtio(kind)+".iommu_platform=on")
		if c.PCI {
			a = append(a, "-global", c.virtio(kind)+".disable-legacy=on")
		}
	}
	a = append(a, "-device", c.virtio("serial"))
	for i, name := range xenPorts {
		a = append(a, "-chardev", fmt.Sprintf("socket,id=%s,fd=%d", name, firstFile+i),
			"-device", fmt.Sprintf("virtserialport,chardev=%s,name=%[1]s", name))
	}
	network, err := c.network()
	if err != nil {
		return nil, err
	}
	a = append(a, network...)
	a = append(a, c.disks()...)
	if c.Accel == ownClock {
		a = append(a, xen.OwnClock...)
	}
	return append(a, c.Extra...), nil
}

// start starts QEMU with the ports' other ends in our hands.
func (l *xenLab) start(m *Machine) error {
	var ours, theirs []*os.File
	defer func() { closeAll(theirs) }()
	for _, name := range xenPorts {
		mine, its, err := socketPair(name)
		if err != nil {
			closeAll(ours)
			return err
		}
		ours, theirs = append(ours, mine), append(theirs, its)
	}
	l.cmd.ExtraFiles = theirs
	if err := l.cmd.Start(); err != nil {
		closeAll(ours)
		return err
	}
	l.console, l.control = ours[0], ours[1]
	m.copying.Go(func() { l.copy(l.console, l.take) })
	m.copying.Go(func() { l.copy(l.control, l.hear) })
	return nil
}

// copy gives what comes from a port to a function, until QEMU has ended.
func (l *xenLab) copy(port *os.File, to func([]byte)) {
	buf := make([]byte, 32<<10)
	for {
		n, err := port.Read(buf)
		to(buf[:n])
		if err != nil {
			port.Close()
			return
		}
	}
}

// take takes output of the console.
func (l *xenLab) take(b []byte) {
	l.out.Write(b)
	l.mu.Lock()
	l.got += len(b)
	l.mu.Unlock()
	l.look()
}

// hear takes a part of what dom0 says.
func (l *xenLab) hear(b []byte) {
	l.mu.Lock()
	l.report += string(b[:min(len(b), maxReport-len(l.report))])
	l.mu.Unlock()
	l.look()
}

// look ends QEMU when dom0 has said how the guest ended, or that it was none, and all of the console has come: dom0/init, attach.
func (l *xenLab) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	line, _, complete := strings.Cut(l.report, "\n")
	if !complete || l.over {
		return
	}
	what, rest, _ := strings.Cut(line, " ")
	reason, size, _ := strings.Cut(rest, " ")
	total, err := strconv.Atoi(size)
	switch {
	case what != "ended" || err != nil:
		l.err = fmt.Errorf("xl makes no guest: %s", rest)
	case l.got < total:
		return
	default:
		l.code, l.err = xenCode(reason)
	}
	l.over = true
	l.cmd.Process.Kill()
}

func (l *xenLab) keys() io.Writer { return l.console }

func (l *xenLab) shutdown() error {
	_, err := io.WriteString(l.control, "shutdown\n")
	return err
}

func (l *xenLab) destroy() { l.cmd.Process.Kill() }

func (l *xenLab) result(ended error) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return l.code, l.err
	}
	if failed := l.complaints.errors(); failed != "" {
		return 0, fmt.Errorf("QEMU: %s", failed)
	}
	return 0, fmt.Errorf("the machine with Xen ended by itself (%v), having written\n%s", ended, l.boot.end())
}
