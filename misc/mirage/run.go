package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"mirage.build/misc/vm"
)

// An options is what the command line of `mirage run` says.
type options struct {
	memory, cpus      count
	forwards          list
	net, ip, capture  string
	root              string
	disks, initrds    list
	platform, arch    string
	accel             string
	env, words, extra list
	limit             time.Duration
	program           string
	args              []string
}

// A list is a flag that may be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// A count is a flag that is a number from 1 on; 0 if it is not given.
type count int

func (c *count) String() string { return strconv.Itoa(int(*c)) }

func (c *count) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return errors.New("a number from 1 on is wanted")
	}
	*c = count(n)
	return nil
}

// parse reads the command line of `mirage run`.
func parse(args []string) (*options, error) {
	o := new(options)
	f := flag.NewFlagSet("mirage run", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: mirage run [flags] PACKAGE-or-IMAGE [arguments]")
		f.PrintDefaults()
	}
	f.Var(&o.memory, "m", "memory in `MiB`; default: 256, and what a Raspberry Pi has")
	f.Var(&o.cpus, "smp", "number of CPUs, `N`; default: 1, and what a Raspberry Pi has")
	f.Var(&o.forwards, "p", "make a port of this host lead to the machine: `[ADDR:]HOSTPORT:GUESTPORT[/udp]`;\nADDR is 127.0.0.1 if not given; may be repeated")
	f.StringVar(&o.net, "net", "user", "the `network`: user (QEMU's own), tap:NAME or none")
	f.StringVar(&o.ip, "ip", "", "the machine's address: `ADDR/LEN[,GATEWAY[,DNS]]`, dhcp (the default) or off")
	f.StringVar(&o.capture, "pcap", "", "write what goes over the network to `FILE`, for tcpdump or Wireshark")
	f.StringVar(&o.root, "root", "", "give the program the files below `DIR` as its root")
	f.Var(&o.initrds, "initrd", "give the program the files of the cpio archive `FILE`; may be repeated")
	f.Var(&o.disks, "disk", "attach a file as a disk, `FILE[,ro]`: the first is /dev/vda; qcow2 if its name says so, else raw;\nmay be repeated")
	f.StringVar(&o.platform, "platform", "", "the `machine`: microvm, kvm (a PC), virt, xen (this host's own if there is one, else emulated), xenpv\n(a guest of the old kind) or rpi3")
	f.StringVar(&o.arch, "arch", "", "build for `amd64 or arm64`")
	f.StringVar(&o.accel, "accel", "", "`kvm or tcg` (software emulation); default: KVM if it works")
	f.Var(&o.env, "env", "set `NAME=VALUE` in the program's environment; may be repeated")
	f.Var(&o.words, "word", "a `word` for the image's command line (README.md lists them); may be repeated")
	f.Var(&o.extra, "qemu", "a `word` for QEMU's command line; may be repeated")
	f.DurationVar(&o.limit, "timeout", 0, "end the machine after this `time`, with exit code 124")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() == 0 {
		f.Usage()
		return nil, flag.ErrHelp
	}
	o.program, o.args = f.Arg(0), f.Args()[1:]
	return o, nil
}

// run is `mirage run`. It returns the exit code.
func run(args []string) int {
	o, err := parse(args)
	if err != nil {
		return 2 // package flag has said why
	}
	dir, err := os.MkdirTemp("", "mirage-")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(dir)
	c, err := o.config()
	if err != nil {
		return failed(err)
	}
	if c.Image, err = o.image(dir); err != nil {
		return failed(err)
	}
	if c.Initrd, err = o.initrd(dir); err != nil {
		return failed(err)
	}
	c.Words = append(c.Words, "arg0="+filepath.Base(c.Image))
	return vm.Run("mirage", c)
}

// failed says why, and returns the exit code.
func failed(err error) int {
	var build *buildError
	if errors.As(err, &build) {
		return 1 // the go command has said why
	}
	fmt.Fprintln(os.Stderr, "mirage:", err)
	return vm.CodeFailed
}

// config is the machine that o describes, without the files that are made for it.
func (o *options) config() (vm.Config, error) {
	c := vm.Config{
		Memory: int(o.memory), CPUs: int(o.cpus), Net: o.net, Capture: o.capture, Accel: o.accel,
		Args: o.args, TimeLimit: o.limit, Extra: o.extra,
		Notice: func(s string) { fmt.Fprintln(os.Stderr, "mirage:", s) },
	}
	if o.limit < 0 {
		return c, fmt.Errorf("-timeout %v is over before it begins", o.limit)
	}
	if err := o.setPlatform(&c); err != nil {
		return c, err
	}
	if err := o.checkArch(); err != nil {
		return c, err
	}
	for _, text := range o.disks {
		d, err := vm.ParseDisk(text)
		if err != nil {
			return c, err
		}
		c.Disks = append(c.Disks, d)
	}
	for _, p := range o.forwards {
		f, err := vm.ParseForward(p)
		if err != nil {
			return c, err
		}
		c.Forwards = append(c.Forwards, f)
	}
	if o.ip != "" {
		c.Words = append(c.Words, "ip="+o.ip)
	}
	for _, e := range o.env {
		if !strings.Contains(e, "=") {
			return c, fmt.Errorf("-env %s is not NAME=VALUE", e)
		}
		c.Words = append(c.Words, "env:"+e)
	}
	c.Words = append(c.Words, o.words...)
	return c, nil
}

// setPlatform sets c's machine, and o's architecture where only one has it.
func (o *options) setPlatform(c *vm.Config) error {
	only := ""
	switch o.platform {
	case "":
	case "microvm":
		only, c.Machine = "amd64", "microvm"
	case "kvm":
		c.PCI = true
		if o.guestArch() == "amd64" {
			c.Machine = "q35"
		}
	case "virt":
		only, c.Machine = "arm64", "virt"
	case "rpi3":
		only, c.Machine = "arm64", "raspi3b"
	case "xen":
		c.Machine = "xen"
	case "xenpv":
		only, c.Machine = "amd64", "xenpv"
	default:
		return fmt.Errorf("no platform %q: microvm, kvm, virt, xen, xenpv or rpi3", o.platform)
	}
	if only != "" {
		if o.arch != "" && o.arch != only {
			return fmt.Errorf("platform %s is for %s", o.platform, only)
		}
		o.arch = only
	}
	return nil
}
