package vm

import (
	"errors"
	"fmt"
	"os"

	"mirage.build/misc/bootimage"
)

// kernel returns the file to give to QEMU's -kernel, and what to call when the machine has ended. It is the image itself,
// but for an arm64 machine with an initial RAM disk: QEMU takes an ELF file for firmware there and passes it none, so
// that the image goes in Linux's form; and a Raspberry Pi, whose memory is not where the image is linked to be, and which takes the
// command line within the file, for QEMU has room for 450 bytes of one.
func (c *Config) kernel() (file string, remove func(), err error) {
	if c.Arch != "arm64" || c.Initrd == "" && !c.isPi() {
		return c.Image, func() {}, nil
	}
	in, err := os.Open(c.Image)
	if err != nil {
		return "", nil, err
	}
	defer in.Close()
	form := bootimage.ARM64
	if c.isPi() {
		form = bootimage.RPi
	}
	raw, err := form(in)
	if err == nil && c.isPi() {
		err = c.addLine(raw)
	}
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", c.Image, err)
	}
	out, err := os.CreateTemp("", "mirage-kernel-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.Remove(out.Name()) }
	_, err = out.Write(raw)
	if err = errors.Join(err, out.Close()); err != nil {
		remove()
		return "", nil, err
	}
	return out.Name(), remove, nil
}

// addLine puts the command line into what is made for a Raspberry Pi.
func (c *Config) addLine(kernel []byte) error {
	line, err := c.line()
	if err != nil {
		return err
	}
	return bootimage.WithLine(kernel, line)
}
