package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A Config says what machine to make and what to run in it. The zero value of a field is its default.
type Config struct {
	Image string // the ELF file to boot
	Arch  string // "amd64" or "arm64"; default: the image's

	Machine string // QEMU's machine with its options, such as "q35", "raspi3b" or "virt,gic-version=3", or "xen" or "xenpv"; default: microvm, virt
	PCI     bool   // virtio devices on PCI where the machine has MMIO too
	CPU     string // QEMU's CPU model
	Accel   string // "kvm" or "tcg"; default: KVM if it works, else TCG; with Xen also "icount", a machine in a time of its own
	Memory  int    // MiB; default 256
	CPUs    int    // default 1

	Net      string    // "user", "none" or "tap:NAME"; default: user
	Forwards []Forward // ports of the host, only with user
	Capture  string    // the file for a pcap of what the card sends and receives; default: none
	Disks    []Disk    // vda and so on
	Initrd   string    // a file; default: none

	Words []string // the image's command line: words for the kernel
	Args  []string // the image's command line: the program's arguments

	NoConsole bool      // no virtio console: all that the image writes goes to the UART
	NoCode    bool      // the image does not say its exit code
	Stdin     io.Reader // default: at its end
	Stdout    io.Writer // default: discarded
	Stderr    io.Writer // default: discarded; the UART

	TimeLimit time.Duration // default: none
	Extra     []string      // more words for QEMU's command line
	Notice    func(string)  // told of what the user should know, a line at a time; default: nobody

	qemu       string // the program
	hypervisor string // the folder of Xen's packages; "" for the host's own
}

// leastMemory is less than what any program gets on with, MiB: a machine with less may not get as far as to say so.
const leastMemory = 8

// settle fills in the defaults and checks what was given.
func (c *Config) settle() error {
	image, err := Inspect(c.Image)
	if err != nil {
		return err
	}
	if c.Arch != "" && c.Arch != image.Arch {
		return fmt.Errorf("%s is for %s, not for %s", c.Image, image.Arch, c.Arch)
	}
	c.Arch = image.Arch
	if c.Notice == nil {
		c.Notice = func(string) {}
	}
	if c.qemu, err = Find(c.Arch); err != nil && !(c.isXen() && OnXen()) {
		return err
	}
	if c.Machine == "" {
		c.Machine = map[string]string{"amd64": "microvm", "arm64": "virt"}[c.Arch]
	}
	if err := c.settleMachine(); err != nil {
		return err
	}
	if c.Memory == 0 {
		c.Memory = 256
	}
	if err := c.checkMemory(image); err != nil {
		return err
	}
	if c.CPUs == 0 {
		c.CPUs = 1
	}
	if err := c.settleNetwork(); err != nil {
		return err
	}
	return c.settleAccel()
}

// settleMachine fills in what a kind of machine wants, and checks that it has what was asked for.
func (c *Config) settleMachine() error {
	switch c.machineName() {
	case "microvm":
		// Without the clock an image cannot know the time of day; without the PIT it has nothing to measure its
		// TSC against. Both are off by default under KVM.
		c.Machine = addOptions(c.Machine, "rtc=on", "pit=on")
	case raspi3b:
		if err := c.settlePi(); err != nil {
			return err
		}
	case xenGuest, xenPV:
		if err := c.settleXen(); err != nil {
			return err
		}
	case "q35", "pc":
		c.PCI = true
	case "virt":
		// QEMU's default is version 2, which has a bit for each of eight CPUs (GIC architecture, IHI 0048B, 4.3.12).
		if c.CPUs > 8 {
			c.Machine = addOptions(c.Machine, "gic-version=3")
		}
	}
	return nil
}

// settleNetwork checks what was asked for of the network.
func (c *Config) settleNetwork() error {
	if c.Net == "" {
		c.Net = "user"
	}
	if c.Net != "user" && len(c.Forwards) > 0 {
		return fmt.Errorf("ports are forwarded by the user network, not by %s", c.Net)
	}
	if c.Net == "none" && c.Capture != "" {
		return errors.New("there is no network to capture")
	}
	if c.isXen() && OnXen() {
		return nil // ports are a relay's, which says itself what it cannot have
	}
	return checkPorts(c.Forwards)
}

// checkMemory refuses a machine that does not hold what is loaded: it would stop without a word.
func (c *Config) checkMemory(image Image) error {
	if c.Memory < leastMemory {
		return fmt.Errorf("%d MiB are too little to boot in: %d at least", c.Memory, leastMemory)
	}
	need := image.Size
	if c.Initrd != "" {
		info, err := os.Stat(c.Initrd)
		if err != nil {
			return err
		}
		need += uint64(info.Size())
	}
	if need > uint64(c.Memory)<<20 {
		return fmt.Errorf("%d MiB of memory are too little to boot %s in: it and its files fill %d before it begins", c.Memory, c.Image, (need+1<<20-1)>>20)
	}
	return nil
}

func (c *Config) machineName() string {
	name, _, _ := strings.Cut(c.Machine, ",")
	return name
}

// addOptions adds options of the form name=value to a machine, but for those that it has.
func addOptions(machine string, options ...string) string {
	have := strings.Split(machine, ",")
	for _, o := range options {
		name, _, _ := strings.Cut(o, "=")
		if !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, name+"=") }) {
			machine += "," + o
		}
	}
	return machine
}

// settleAccel chooses between hardware virtualization and software emulation, and a CPU model that goes with it.
func (c *Config) settleAccel() error {
	if c.isXen() {
		return nil // settleXen
	}
	switch c.Accel {
	case "kvm", "tcg":
	default:
		return fmt.Errorf("no accelerator %q: kvm or tcg", c.Accel)
	case "":
		c.Accel = "tcg"
		// Under KVM an arm64 machine has no semihosting, and so no way to say an exit code.
		if c.Arch == "amd64" && runtime.GOARCH == "amd64" && kvmPresent() {
			if err := ProbeKVM(); err != nil {
				reason, _, _ := strings.Cut(err.Error(), "; ")
				c.Notice("/dev/kvm is there but does not work (" + reason + "): emulating in software, which is slower")
			} else {
				c.Accel = "kvm"
			}
		}
	}
	if c.CPU == "" {
		c.CPU = "max"
		if c.Arch == "arm64" && c.Accel == "tcg" {
			c.CPU = "cortex-a53" // max has pointer authentication, which is slow to emulate
		}
	}
	return nil
}
