package vm

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"mirage.build/misc/cmdline"
)

// maxPCLine is how long a command line QEMU's loader for PC machines hands over, in bytes: it has a buffer of 4096
// and cuts what is longer (QEMU, pc-bios/optionrom/pvh_main.c).
const maxPCLine = 4095

// Numbers of the sets in which QEMU gets the pipes that it writes to, and of their files in QEMU's process, in the
// order of exec.Cmd's ExtraFiles.
const (
	uartSet = 1 + iota
	consoleSet
	exitSet
	firstFile  = 3
	signalFile = firstFile + exitSet // not in a set: a socket
)

// Find returns where QEMU for an architecture is. The error says how to install it.
func Find(arch string) (string, error) {
	name := map[string]string{"amd64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}[arch]
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%s is not installed: %s", name, InstallCommand())
	}
	return path, err
}

// arguments is QEMU's command line for c, which is settled, with the file to boot.
func (c *Config) arguments(kernel string) ([]string, error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	a := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-machine", c.Machine, "-accel", c.Accel, "-cpu", c.CPU,
		"-m", strconv.Itoa(c.Memory), "-smp", strconv.Itoa(c.CPUs),
		"-kernel", kernel,
		// QEMU's MMIO transport speaks the virtio of before the standard unless told otherwise.
		"-global", "virtio-mmio.force-legacy=false",
	}
	if !c.isPi() {
		a = append(a, "-append", line)
	}
	if c.Initrd != "" {
		a = append(a, "-initrd", c.Initrd)
	}
	a = append(a, c.streams()...)
	if !c.isPi() {
		a = append(a, "-device", c.virtio("rng"))
		// Memory that the program gives back goes back to the host; what the host wants besides, the program may refuse.
		a = append(a, "-device", c.virtio("balloon")+",id=balloon,free-page-reporting=on,deflate-on-oom=on")
	}
	network, err := c.network()
	if err != nil {
		return nil, err
	}
	a = append(a, network...)
	a = append(a, c.disks()...)
	return append(a, c.Extra...), nil
}

// line is the image's command line.
func (c *Config) line() (string, error) {
	var words []string
	if !c.NoCode {
		words = append(words, "exit=debug")
	}
	if !c.NoConsole {
		words = append(words, "console=hvc0")
	}
	line, err := cmdline.Line(append(words, c.Words...), c.Args)
	if err != nil {
		return "", err
	}
	if name := c.machineName(); (name == "q35" || name == "pc") && len(line) > maxPCLine {
		return "", fmt.Errorf("the command line, arguments and environment, is %d bytes, and QEMU takes %d for %s; microvm takes %d", len(line), maxPCLine, name, cmdline.MaxLength)
	}
	return line, nil
}

// streams connects the UART, the console, and what says the exit code. append=on because QEMU would truncate a file,
// which a pipe refuses.
func (c *Config) streams() []string {
	if c.isPi() {
		return []string{
			"-chardev", "stdio,id=uart,signal=off", "-serial", "chardev:uart",
			"-semihosting-config", "enable=on,target=native",
		}
	}
	a := []string{
		"-add-fd", fmt.Sprintf("fd=%d,set=%d", firstFile, uartSet),
		"-chardev", fmt.Sprintf("file,id=uart,append=on,path=/dev/fdset/%d", uartSet),
		"-serial", "chardev:uart",
	}
	if !c.NoConsole {
		a = append(a,
			"-add-fd", fmt.Sprintf("fd=%d,set=%d", firstFile+1, consoleSet),
			"-chardev", fmt.Sprintf("file,id=console,append=on,path=/dev/fdset/%d", consoleSet),
			"-chardev", "stdio,id=stdin,signal=off",
			"-chardev", fmt.Sprintf("socket,id=signals,fd=%d", signalFile),
			"-device", c.virtio("serial"),
			"-chardev", fmt.Sprintf("file,id=stdout,append=on,path=/dev/fdset/%d", consoleSet),
			// Ports are made known in this order, and the image waits for the console.
			"-device", "virtserialport,chardev=stdout,name=stdout",
			"-device", "virtconsole,chardev=console",
			"-device", "virtserialport,chardev=stdin,name=stdin",
			"-device", "virtserialport,chardev=signals,name=signals")
	}
	if c.Arch == "arm64" {
		return append(a, "-semihosting-config", "enable=on,target=native")
	}
	return append(a,
		"-add-fd", fmt.Sprintf("fd=%d,set=%d", firstFile+2, exitSet),
		"-chardev", fmt.Sprintf("file,id=exit,append=on,path=/dev/fdset/%d", exitSet),
		"-device", "isa-debugcon,iobase=0xe9,chardev=exit")
}

func (c *Config) network() ([]string, error) {
	var backend string
	switch name, isTap := strings.CutPrefix(c.Net, "tap:"); {
	case c.Net == "none":
		return nil, nil
	case c.Net == "user":
		backend = "user,id=net0"
		for _, f := range c.Forwards {
			backend += ",hostfwd=" + f.String()
		}
	case isTap && name != "":
		backend = "tap,id=net0,script=no,downscript=no,ifname=" + escape(name)
	default:
		return nil, fmt.Errorf("no network %q: user, none or tap:NAME", c.Net)
	}
	card := c.virtio("net") + ",netdev=net0"
	if c.isPi() {
		card = "usb-net,netdev=net0"
	} else if c.PCI {
		card += ",romfile=" // for booting from the network, and a package of its own
	}
	a := []string{"-netdev", backend, "-device", card}
	if c.Capture != "" {
		a = append(a, "-object", "filter-dump,id=dump0,netdev=net0,file="+escape(c.Capture))
	}
	return a, nil
}

// virtio is the name of a virtio device on the machine's bus.
func (c *Config) virtio(kind string) string {
	if c.PCI {
		return "virtio-" + kind + "-pci"
	}
	return "virtio-" + kind + "-device"
}

// escape makes a value of one of QEMU's comma-separated options.
func escape(value string) string { return strings.ReplaceAll(value, ",", ",,") }
