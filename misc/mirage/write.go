package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mirage.build/misc/bootimage"
	"mirage.build/misc/cmdline"
	"mirage.build/misc/vm"
	"mirage.build/misc/xen"
)

// An imageOptions is what the command line of `mirage image` says.
type imageOptions struct {
	options
	out, format, kind, bridge, firmware string
	size                                int    // of a card, MiB
	misplaced                           string // a flag that was given and is for other formats, with what it is for
}

// parseImage reads the command line of `mirage image`.
func parseImage(args []string) (*imageOptions, error) {
	o := new(imageOptions)
	f := flag.NewFlagSet("mirage image", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: mirage image [flags] PACKAGE-or-IMAGE [arguments]")
		f.PrintDefaults()
	}
	f.StringVar(&o.out, "o", "", "write the image to `FILE`; default: the package's name, or card.img, in this folder")
	f.StringVar(&o.format, "format", "elf", "the `form`: elf, which QEMU and others load as it is; xl, which also writes FILE.cfg for Xen's\nxl create; rpi, a card for a Raspberry Pi")
	f.StringVar(&o.arch, "arch", "", "build for `amd64 or arm64`")
	o.memory, o.cpus = 256, 1
	f.Var(&o.memory, "m", "xl: memory in `MiB`")
	f.Var(&o.cpus, "smp", "xl: number of CPUs, `N`")
	f.StringVar(&o.kind, "type", "", "xl: the `kind` of guest on amd64, pvh (the default) or pv")
	f.StringVar(&o.bridge, "bridge", "xenbr0", "xl: the `bridge` of the network card; empty: no card")
	f.StringVar(&o.ip, "ip", "", "xl, rpi: the machine's address: `ADDR/LEN[,GATEWAY[,DNS]]`, dhcp (the default) or off")
	f.Var(&o.disks, "disk", "xl: attach a file or device as a disk, `FILE[,ro]`: the first is /dev/xvda; may be repeated")
	f.Var(&o.env, "env", "xl, rpi: set `NAME=VALUE` in the program's environment; may be repeated")
	f.Var(&o.words, "word", "xl, rpi: a `word` for the image's command line; may be repeated")
	f.StringVar(&o.root, "root", "", "xl, rpi: give the program the files below `DIR` as its root")
	f.Var(&o.initrds, "initrd", "xl, rpi: give the program the files of the cpio archive `FILE`; may be repeated")
	f.StringVar(&o.firmware, "firmware", "", "rpi: take the Raspberry Pi's firmware from `DIR`: the boot folder of\nhttps://github.com/raspberrypi/firmware; without it the card boots in QEMU alone")
	f.IntVar(&o.size, "size", leastCard, "rpi: the card's size in `MiB`, a power of two: QEMU takes no other")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() == 0 {
		f.Usage()
		return nil, flag.ErrHelp
	}
	o.program, o.args = f.Arg(0), f.Args()[1:]
	f.Visit(func(given *flag.Flag) {
		// Descriptions begin with the formats that a flag is for, if it is not for all.
		switch formats, _, _ := strings.Cut(given.Usage, ":"); formats {
		case "xl", "rpi", "xl, rpi":
			if !strings.Contains(formats, o.format) {
				o.misplaced = "-" + given.Name + " is for -format " + strings.ReplaceAll(formats, ",", " and")
			}
		}
	})
	return o, nil
}

// writeImage is `mirage image`. It returns the exit code.
func writeImage(args []string) int {
	o, err := parseImage(args)
	if err != nil {
		return 2 // package flag has said why
	}
	if err := o.write(); err != nil {
		return failed(err)
	}
	return 0
}

// check refuses what an image of the form has no place for: it would be left out without a word.
func (o *imageOptions) check() error {
	elf := o.format == "elf"
	switch {
	case !elf && o.format != "xl" && o.format != "rpi":
		return fmt.Errorf("no format %q: elf, xl or rpi", o.format)
	case elf && o.misplaced != "":
		return errors.New(o.misplaced + ": an ELF file is the program alone, and whoever loads it says the rest, as QEMU by -append, -initrd and others")
	case elf && len(o.args) > 0:
		return fmt.Errorf("an ELF file holds no arguments (%s): whoever loads it gives them, as QEMU by -append; -format xl and rpi keep them", strings.Join(o.args, " "))
	case o.misplaced != "":
		return errors.New(o.misplaced)
	}
	return nil
}

func (o *imageOptions) write() error {
	if err := o.check(); err != nil {
		return err
	}
	if o.format == "rpi" {
		return o.makeCard()
	}
	config, err := o.config()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mirage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	image, err := o.image(dir)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = filepath.Base(image)
	}
	if out, err := filepath.Abs(o.out); err != nil {
		return err
	} else if in, err := filepath.Abs(image); err != nil || in == out {
		return errors.Join(err, fmt.Errorf("%s would be written over itself: name another file with -o", o.out))
	} else {
		o.out = out
	}
	if o.format == "elf" {
		return copyFile(o.out, image)
	}
	return o.writeXL(config, dir, image)
}

// writeXL writes an image with its files and the guest's configuration; dir is for what is made on the way.
func (o *imageOptions) writeXL(config vm.Config, dir, image string) error {
	about, err := vm.Inspect(image)
	if err != nil {
		return err
	}
	// Xen takes an arm64 kernel in Linux's form.
	if about.Arch == "arm64" {
		err = writeARM64(o.out, image)
	} else {
		err = copyFile(o.out, image)
	}
	if err != nil {
		return err
	}
	disk, err := o.initrd(dir)
	if err == nil && disk != "" {
		err = copyFile(o.out+".initrd", disk)
		disk = o.out + ".initrd"
	}
	if err != nil {
		return err
	}
	text, err := o.xl(config, about.Arch, disk)
	if err != nil {
		return err
	}
	return os.WriteFile(o.out+".cfg", []byte(text), 0o644)
}

func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}

func writeARM64(to, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := bootimage.ARM64(f)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, b, 0o755)
}

// xl is the configuration of a guest for the machine that c describes, with an initial RAM disk if there is one.
func (o *imageOptions) xl(c vm.Config, arch, disk string) (string, error) {
	line, err := cmdline.Line(c.Words, c.Args)
	if err != nil {
		return "", err
	}
	x := xen.Config{
		Name: filepath.Base(o.out), Kernel: o.out, Line: line, Ramdisk: disk, Memory: c.Memory, CPUs: c.CPUs, OnReboot: "restart",
	}
	if x.Kind, err = o.guestKind(arch); err != nil {
		return "", err
	}
	if o.bridge != "" {
		x.Cards = []string{"bridge=" + o.bridge}
	}
	x.Disks, err = vm.XenDisks(c.Disks)
	return x.String(), err
}

// guestKind is the kind of guest: on amd64 -type says which, arm64 has one.
func (o *imageOptions) guestKind(arch string) (string, error) {
	switch {
	case o.kind != "" && o.kind != "pvh" && o.kind != "pv":
		return "", fmt.Errorf("no type %q of guest: pvh or pv", o.kind)
	case arch == "amd64":
		return cmp.Or(o.kind, "pvh"), nil
	case o.kind != "":
		return "", fmt.Errorf("-type is for amd64: Xen has one type of guest on %s", arch)
	}
	return "", nil
}
