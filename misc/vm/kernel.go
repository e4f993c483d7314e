package vm

import (
	"fmt"
	"os"

	"mirage.build/misc/bootimage"
)

// kernel is the file to give to QEMU's -kernel, and whether it is a temporary one. The image itself, but QEMU takes an ELF
// file for an arm64 machine for firmware, and passes that no initial RAM disk.
func (c *Config) kernel() (file string, temporary bool, err error) {
	if c.Arch != "arm64" || c.Initrd == "" {
		return c.Image, false, nil
	}
	in, err := os.Open(c.Image)
	if err != nil {
		return "", false, err
	}
	defer in.Close()
	raw, err := bootimage.ARM64(in)
	if err != nil {
		return "", false, fmt.Errorf("%s: %w", c.Image, err)
	}
	out, err := os.CreateTemp("", "mirage-kernel-")
	if err != nil {
		return "", false, err
	}
	_, err = out.Write(raw)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(out.Name())
		return "", false, err
	}
	return out.Name(), true, nil
}
