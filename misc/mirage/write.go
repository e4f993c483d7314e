package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mirage.build/misc/bootimage"
	"mirage.build/misc/cmdline"
	"mirage.build/misc/vm"
)

// An imageOptions is what the command line of `mirage image` says.
type imageOptions struct {
	options
	out, format, bridge, firmware string
	size                          int // of a card, MiB
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
	f.IntVar(&o.memory, "m", 256, "xl: memory in `MiB`")
	f.IntVar(&o.cpus, "smp", 1, "xl: number of CPUs, `N`")
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

func (o *imageOptions) write() error {
	switch {
	case o.format == "rpi":
		return o.makeCard()
	case o.format != "elf" && o.format != "xl":
		return fmt.Errorf("no format %q: elf, xl or rpi", o.format)
	case o.format == "elf" && (o.root != "" || len(o.initrds) > 0):
		return errors.New("files go with an image of the format xl or rpi: an ELF file's loader has a word for them, as QEMU's -initrd")
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
	text, err := o.xl(config, about.Arch)
	if err != nil {
		return err
	}
	disk, err := o.initrd(dir)
	if err != nil {
		return err
	}
	if disk != "" {
		text += fmt.Sprintf("ramdisk = %s\n", quoted(o.out+".initrd"))
		if err := copyFile(o.out+".initrd", disk); err != nil {
			return err
		}
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

// xl is the configuration of a guest (xl.cfg(5)) for the machine that c describes.
func (o *imageOptions) xl(c vm.Config, arch string) (string, error) {
	line, err := cmdline.Line(c.Words, c.Args)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "name = %s\n", quoted(filepath.Base(o.out)))
	if arch == "amd64" { // arm64 has one kind of guests
		b.WriteString("type = \"pvh\"\n")
	}
	fmt.Fprintf(&b, "kernel = %s\nextra = %s\nmemory = %d\nvcpus = %d\n", quoted(o.out), quoted(line), c.Memory, c.CPUs)
	if o.bridge != "" {
		fmt.Fprintf(&b, "vif = [%s]\n", quoted("bridge="+o.bridge))
	}
	var disks []string
	for i, d := range c.Disks {
		file, err := filepath.Abs(d.File)
		if err != nil {
			return "", err
		}
		if strings.Contains(file, ",") {
			return "", fmt.Errorf("disk %s: xl takes no comma in a name", file)
		}
		access := "rw"
		if d.ReadOnly {
			access = "ro"
		}
		disks = append(disks, quoted(fmt.Sprintf("format=%s, vdev=xvd%c, access=%s, target=%s", d.Format(), 'a'+i, access, file)))
	}
	if len(disks) > 26 {
		return "", errors.New("more than 26 disks")
	}
	if disks != nil {
		fmt.Fprintf(&b, "disk = [%s]\n", strings.Join(disks, ", "))
	}
	b.WriteString("on_poweroff = \"destroy\"\non_reboot = \"restart\"\non_crash = \"destroy\"\n")
	return b.String(), nil
}

// quoted is a string of xl's: Xen, tools/libs/util/libxlu_cfg.c takes escapes as C has them.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
