package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/misc/fat"
)

// write makes files below a folder; a name's content is what follows the equals sign.
func write(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		name, content, _ := strings.Cut(f, "=")
		name = filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(name), 0o777)
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFirmware(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "start.elf=x", "kernel8.img=somebody's", "cmdline.txt=somebody's")
	_, err := firmware(dir)
	if err == nil || !strings.Contains(err.Error(), "bootcode.bin, fixup.dat for a Pi 3") || !strings.Contains(err.Error(), "start4.elf") {
		t.Errorf("missing files: %v", err)
	}
	write(t, dir, "bootcode.bin=b", "fixup.dat=f", "bcm2710-rpi-3-b.dtb=t", "overlays/disable-bt.dtbo=o", "overlays/README=r")
	files, err := firmware(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if got, want := strings.Join(names, " "), "bcm2710-rpi-3-b.dtb bootcode.bin fixup.dat overlays/disable-bt.dtbo start.elf"; got != want {
		t.Errorf("files %s, want %s", got, want)
	}
}

// UEFI 2.10, 5.2.1, and what fsck.vfat and mtools say of both partitions, where they are installed.
func TestCard(t *testing.T) {
	c := card{&imageOptions{out: filepath.Join(t.TempDir(), "card.img"), size: 128}}
	if err := c.write(c.out, []fat.File{{Name: "config.txt", Data: []byte(config)}, {Name: "kernel8.img", Data: make([]byte, 3<<20)}}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(c.out)
	if err != nil || len(b) != 128<<20 || b[510] != 0x55 || b[511] != 0xaa {
		t.Fatal(len(b), err)
	}
	if err := checkCard(bytes.NewReader(b)); err != nil {
		t.Error(err)
	}
	end := uint32(0)
	for i := range 2 {
		e := b[446+16*i:]
		start, n := binary.LittleEndian.Uint32(e[8:]), binary.LittleEndian.Uint32(e[12:])
		if e[4] != 0x0c || start < max(end, 1) || start%8192 != 0 || int(start+n)*512 > len(b) {
			t.Errorf("partition %d: % x", i+1, e[:16])
		}
		end = start + n
		part := filepath.Join(t.TempDir(), "part")
		os.WriteFile(part, b[start*512:end*512], 0o666)
		if fsck, err := exec.LookPath("fsck.vfat"); err == nil {
			if out, err := exec.Command(fsck, "-n", part).CombinedOutput(); err != nil {
				t.Errorf("partition %d: %v\n%s", i+1, err, out)
			}
		}
		if mtype, err := exec.LookPath("mtype"); err == nil && i == 0 {
			if out, err := exec.Command(mtype, "-i", part, "::/config.txt").CombinedOutput(); err != nil || string(out) != config {
				t.Errorf("config.txt is %q, %v", out, err)
			}
		}
	}
}

func TestCardRefused(t *testing.T) {
	for _, args := range [][]string{{"-size", "64", "x"}, {"-size", "200", "x"}, {"-size", "2097152", "x"}, {"-arch", "amd64", "x"}, {"-arch", "riscv64", "x"}} {
		o, err := parseImage(append([]string{"-format", "rpi"}, args...))
		if err != nil {
			t.Fatal(err)
		}
		if o.write() == nil {
			t.Errorf("%q is no error", args)
		}
	}
	if err := checkCard(strings.NewReader("short")); err == nil {
		t.Error("what is no card is no error")
	}
}

// blocks makes a folder that is like /sys/class/block, with a stick that has a partition, a disk, and a card in a reader.
func blocks(t *testing.T) host {
	dir := t.TempDir()
	write(t, dir, "sda/removable=1\n", "sda/size=4096\n", "sda/dev=8:0\n", "sda/device/model=Stick\n", "sda/sda1/partition=1\n", "sda/sda1/dev=8:1\n",
		"sda1/partition=1\n", "sda1/size=2048\n", "nvme0n1/removable=0\n", "nvme0n1/size=9999\n", "nvme0n1/dev=259:0\n",
		"mmcblk0/removable=0\n", "mmcblk0/size=8192\n", "mmcblk0/dev=179:0\n", "mmcblk0/device/type=SD\n",
		"mmcblk1/removable=0\n", "mmcblk1/size=8192\n", "mmcblk1/dev=179:8\n", "mmcblk1/device/type=MMC\n",
		"sdb/removable=1\n", "sdb/size=0\n", "sdb/dev=8:16\n", "mounts=", "swaps=Filename Type\n")
	for _, d := range []string{"sda", "sda1", "nvme0n1", "mmcblk0", "mmcblk1", "sdb"} {
		write(t, dir, "dev/"+d)
	}
	return host{dir, filepath.Join(dir, "mounts"), filepath.Join(dir, "swaps")}
}

func TestFlashRefuses(t *testing.T) {
	h := blocks(t)
	dev := func(name string) string { return filepath.Join(h.blocks, "dev", name) }
	if d, err := h.disk(dev("sda")); err != nil || d.size != 4096*512 || d.model != "Stick" {
		t.Errorf("a stick: %+v, %v", d, err)
	}
	if _, err := h.disk(dev("mmcblk0")); err != nil {
		t.Errorf("a card: %v", err)
	}
	os.Symlink("sda", dev("link"))
	if _, err := h.disk(dev("link")); err != nil {
		t.Errorf("a link to a stick: %v", err)
	}
	refuse := func(name, want string) {
		t.Helper()
		if _, err := h.disk(dev(name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	refuse("sda1", "a part of a disk")
	refuse("nvme0n1", "not removable")
	refuse("mmcblk1", "not removable")
	refuse("sdb", "no card")
	refuse("nothing", "no such file")
	write(t, h.blocks, "mounts=36 35 8:1 / /mnt/with rw,noatime shared:1 - vfat /dev/sda1 rw\n")
	refuse("sda", "mounted at /mnt/with")
	refuse("link", "mounted at /mnt/with")
	write(t, h.blocks, "mounts=36 35 0:45 / /mnt rw - btrfs /dev/sda1 rw\n")
	refuse("sda", "mounted at /mnt")
	write(t, h.blocks, "mounts=", "swaps=Filename Type\n/dev/sda1 partition\n")
	refuse("sda", "swapped to")
	write(t, h.blocks, "swaps=", "sda/sda1/holders/dm-0=")
	refuse("sda", "in use by dm-0")
}

// What was written is read again: a card that loses some of it is told of.
func TestCopyCard(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := copyCard(bytes.NewReader(want), out, int64(len(want)), "out"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(out.Name()); !bytes.Equal(got, want) {
		t.Error("not what was to be written")
	}
}
