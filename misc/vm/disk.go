package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Disk is a file that the machine has as a disk. Its name says its format: .qcow2, or else it is raw. What is in it does not,
// for a program could write a header there that makes QEMU open other files of the host the next time.
type Disk struct {
	File     string
	ReadOnly bool
}

// ParseDisk reads FILE[,ro].
func ParseDisk(text string) (Disk, error) {
	file, readOnly := strings.CutSuffix(text, ",ro")
	if file == "" {
		return Disk{}, fmt.Errorf("%q is not FILE[,ro]", text)
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Disk{}, fmt.Errorf("disk %s is not there: `truncate -s 1G %[1]s` makes one", file)
	case err != nil:
		return Disk{}, err
	case info.IsDir():
		return Disk{}, fmt.Errorf("disk %s is a folder: a disk is a file (-root gives a program the files of a folder)", file)
	}
	d := Disk{file, readOnly}
	if d.Format() == "raw" && info.Mode().IsRegular() && info.Size() == 0 {
		return Disk{}, fmt.Errorf("disk %s is empty: `truncate -s 1G %[1]s` gives it a size", file)
	}
	// From the root on, for QEMU takes what stands before a colon for a protocol.
	d.File, err = filepath.Abs(file)
	return d, err
}

// Format is what QEMU and Xen call the disk's format.
func (d Disk) Format() string {
	if strings.HasSuffix(d.File, ".qcow2") {
		return "qcow2"
	}
	return "raw"
}

func diskSerial(i int) string { return fmt.Sprintf("disk%d", i) }

// disks are the words for QEMU's command line. Discarded room is given back to the host's file system. QEMU gives devices on
// virt's MMIO the highest free place, and they are found from the lowest on: there the first disk comes last.
func (c *Config) disks() (a []string) {
	order := make([]int, len(c.Disks))
	for i := range order {
		order[i] = i
	}
	if c.Arch == "arm64" && !c.PCI {
		slices.Reverse(order)
	}
	for _, i := range order {
		d := c.Disks[i]
		drive := fmt.Sprintf("id=disk%d,format=%s,discard=unmap,file=%s", i, d.Format(), escape(d.File))
		if d.ReadOnly {
			drive += ",readonly=on"
		}
		if c.isPi() { // a card in its slot
			a = append(a, "-drive", "if=sd,"+drive)
			continue
		}
		device := fmt.Sprintf("%s,drive=disk%d", c.virtio("blk"), i)
		if c.isXen() { // for dom0 to tell them apart
			device += ",serial=" + diskSerial(i)
		}
		a = append(a, "-drive", "if=none,"+drive, "-device", device)
	}
	return a
}
