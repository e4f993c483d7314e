package main

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mirage.build/misc/bootimage"
	"mirage.build/misc/cmdline"
	"mirage.build/misc/fat"
)

// A card is what `mirage image -format rpi` makes.
type card struct{ *imageOptions }

// Where a card's parts lie. Both partitions begin at a multiple of what cards erase in one go.
const (
	mebibyte    = 1 << 20
	bootStart   = 4 * mebibyte
	bootSize    = 60 * mebibyte
	leastCard   = 128 // MiB: a second partition that is FAT32
	mostCard    = 1 << 20
	partitionID = 0x0c // FAT32, by LBA
)

// initrdAddress is where the firmware is to put the initial RAM disk: above any image, below any split with the GPU.
const initrdAddress = 128 * mebibyte

// makeCard writes a card.
func (o *imageOptions) makeCard() error {
	c := card{o}
	switch {
	case c.arch != "" && c.arch != "arm64":
		return errors.New("a Raspberry Pi is arm64")
	case c.size < leastCard || c.size > mostCard || c.size&(c.size-1) != 0:
		return fmt.Errorf("a card of %d MiB: a power of two from %d to %d", c.size, leastCard, mostCard)
	}
	c.arch = "arm64"
	c.out = cmp.Or(c.out, "card.img")
	dir, err := os.MkdirTemp("", "mirage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	files, err := c.files(dir)
	if err != nil {
		return err
	}
	// Beside the place and then into it: half a card is none.
	part := c.out + ".part"
	defer os.Remove(part)
	if err := c.write(part, files); err != nil {
		return err
	}
	if err := os.Rename(part, c.out); err != nil {
		return err
	}
	if c.firmware == "" {
		fmt.Fprintf(os.Stderr, "mirage: %s boots in QEMU; for a board it needs the Raspberry Pi's firmware: -firmware DIR\n", c.out)
	}
	return nil
}

// files is what goes into the partition that the firmware boots from.
func (c card) files(dir string) ([]fat.File, error) {
	image, err := c.image(dir)
	if err != nil {
		return nil, err
	}
	in, err := os.Open(image)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	kernel, err := bootimage.RPi(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", image, err)
	}
	machine, err := c.config()
	if err != nil {
		return nil, err
	}
	line, err := cmdline.Line(append(machine.Words, "arg0="+filepath.Base(image)), c.args)
	if err != nil {
		return nil, err
	}
	settings := config
	files := []fat.File{{Name: "kernel8.img", Data: kernel}, {Name: "cmdline.txt", Data: []byte(line + "\n")}}
	disk, err := c.initrd(dir)
	if err != nil {
		return nil, err
	}
	if disk != "" {
		data, err := os.ReadFile(disk)
		if err != nil {
			return nil, err
		}
		settings += fmt.Sprintf("initramfs initrd.img %#x\n", initrdAddress)
		files = append(files, fat.File{Name: "initrd.img", Data: data})
	}
	files = append(files, fat.File{Name: "config.txt", Data: []byte(settings)})
	if c.firmware == "" {
		return files, nil
	}
	more, err := firmware(c.firmware)
	return append(files, more...), err
}

// config is config.txt: Raspberry Pi documentation, "config.txt".
const config = `# Written by mirage. Raspberry Pi documentation, "config.txt".
arm_64bit=1
kernel=kernel8.img
kernel_address=0x80000
# The serial console, 115200 bit/s, on pins 14 and 15, at a clock that does not change.
enable_uart=1
`

// needed are the firmware's files without which no board starts, by board.
var needed = []struct {
	board string
	names []string
}{
	{"Pi 3 and Zero 2 W", []string{"bootcode.bin", "start.elf", "fixup.dat"}},
	{"Pi 4", []string{"start4.elf", "fixup4.dat"}},
}

// firmware reads the firmware's files: those that are needed by one board or more, device trees, and overlays.
func firmware(dir string) (files []fat.File, err error) {
	var lacks []string
	complete := false
	for _, n := range needed {
		var missing []string
		for _, name := range n.names {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				missing = append(missing, name)
			}
		}
		complete = complete || missing == nil
		if missing != nil {
			lacks = append(lacks, fmt.Sprintf("%s for a %s", strings.Join(missing, ", "), n.board))
		}
	}
	if !complete {
		return nil, fmt.Errorf("%s lacks %s: it must be the boot folder of https://github.com/raspberrypi/firmware, or of a card that boots", dir, strings.Join(lacks, "; "))
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || !isFirmware(filepath.ToSlash(name)) {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, fat.File{Name: filepath.ToSlash(name), Data: data})
		return err
	})
	return files, err
}

// isFirmware reports whether a file of the boot folder is the firmware's, and not somebody's kernel.
func isFirmware(name string) bool {
	folder, file := filepath.Split(name)
	switch filepath.Ext(file) {
	case ".dtbo":
		return folder == "overlays/"
	case ".bin", ".elf", ".dat", ".dtb", ".broadcom", ".linux":
		return folder == ""
	}
	return false
}

// write writes the card: a partition that is booted from, and one for the program, empty.
func (c card) write(name string, files []fat.File) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(c.size) * mebibyte
	if err := f.Truncate(size); err != nil {
		return err
	}
	total := int64(0)
	for _, x := range files {
		total += int64(len(x.Data))
	}
	show := newProgress("writing "+c.out, total)
	// The same files make the same card.
	serial := crc32.NewIEEE()
	for _, x := range files {
		serial.Write(x.Data)
	}
	if err := fat.Format(f, bootStart, bootSize, "BOOT", serial.Sum32(), files, show.at); err != nil {
		return err
	}
	second := int64(bootStart + bootSize)
	if err := fat.Format(f, second, size-second, "DATA", serial.Sum32()+1, nil, func(int64) {}); err != nil {
		return err
	}
	if _, err := f.WriteAt(partitions(serial.Sum32(), [][2]int64{{bootStart, bootSize}, {second, size - second}}), 0); err != nil {
		return err
	}
	show.end()
	return f.Close()
}

// partitions is a master boot record: UEFI 2.10, 5.2.1.
func partitions(serial uint32, parts [][2]int64) []byte {
	const table, entry, sector = 446, 16, 512
	b := make([]byte, sector)
	binary.LittleEndian.PutUint32(b[440:], serial)
	for i, p := range parts {
		e := b[table+i*entry:]
		copy(e[1:], "\xfe\xff\xff") // no cylinder, head and sector
		e[4] = partitionID
		copy(e[5:], "\xfe\xff\xff")
		binary.LittleEndian.PutUint32(e[8:], uint32(p[0]/sector))
		binary.LittleEndian.PutUint32(e[12:], uint32(p[1]/sector))
	}
	b[510], b[511] = 0x55, 0xaa
	return slices.Clip(b)
}
