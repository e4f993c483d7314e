package vm

import (
	"fmt"
	"os"
)

// QEMU puts RAM of its arm64 machine here (docs/system/arm/virt.rst).
const armRAM = 0x40000000

// initrd is how QEMU puts the initial RAM disk into memory, and the kernel word that says where, if there must be one:
// on arm64 it loads one by itself only for Linux's image format.
func (c *Config) initrd() (args []string, word string, err error) {
	if c.Initrd == "" {
		return nil, "", nil
	}
	if c.Arch != "arm64" {
		return []string{"-initrd", c.Initrd}, "", nil
	}
	info, err := os.Stat(c.Initrd)
	if err != nil {
		return nil, "", err
	}
	const align, image = 2 << 20, 48 << 20 // room for the image before it
	size := info.Size()
	top := int64(min(c.Memory, 2048)) << 20
	at := (top - size) &^ (align - 1)
	if at < image {
		return nil, "", fmt.Errorf("files of %d MiB do not fit into %d MiB of memory: give it more with -m", size>>20, c.Memory)
	}
	at += armRAM
	return []string{"-device", fmt.Sprintf("loader,file=%s,addr=%#x,force-raw=on", escape(c.Initrd), at)},
		fmt.Sprintf("initrd=%#x,%#x", at, size), nil
}
