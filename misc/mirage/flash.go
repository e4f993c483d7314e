package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// flash is `mirage flash`: it writes a card's image to a card. It returns the exit code.
func flash(args []string) int {
	f := flag.NewFlagSet("mirage flash", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: mirage flash [-yes] IMAGE DISK")
		f.PrintDefaults()
	}
	yes := f.Bool("yes", false, "do not ask before everything on the disk is lost")
	if f.Parse(args) != nil {
		return 2
	}
	if f.NArg() != 2 {
		f.Usage()
		return 2
	}
	if err := flashTo(f.Arg(0), f.Arg(1), *yes); err != nil {
		return failed(err)
	}
	return 0
}

func flashTo(image, disk string, yes bool) error {
	in, err := os.Open(image)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := checkCard(in); err != nil {
		return fmt.Errorf("%s: %w", image, err)
	}
	h := host{"/sys/class/block", "/proc/self/mountinfo", "/proc/swaps"}
	d, err := h.disk(disk)
	if err != nil {
		return err
	}
	if d.size < info.Size() {
		return fmt.Errorf("%s has %d MiB, and %s %d", disk, d.size/mebibyte, image, info.Size()/mebibyte)
	}
	if !yes && !confirmed(disk, d) {
		return errors.New("nothing was written")
	}
	// Exclusively: Linux refuses a disk that something uses, whatever the checks before have missed (open(2), O_EXCL).
	out, err := os.OpenFile(disk, os.O_RDWR|syscall.O_EXCL, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	return copyCard(in, out, info.Size(), disk)
}

// checkCard reports what is wrong with an image of a card: it must begin with a partition table.
func checkCard(in io.ReaderAt) error {
	b := make([]byte, 512)
	if _, err := in.ReadAt(b, 0); err != nil || b[510] != 0x55 || b[511] != 0xaa {
		return errors.New("not an image of a card: `mirage image -format rpi` makes one")
	}
	return nil
}

// confirmed asks.
func confirmed(disk string, d disk) bool {
	fmt.Fprintf(os.Stderr, "mirage: everything on %s (%s, %d MiB) will be lost; write yes to go on: ", disk, d.model, d.size/mebibyte)
	var answer string
	fmt.Scanln(&answer)
	return answer == "yes"
}

// copyCard writes, waits until it is on the card, and reads it again.
func copyCard(in io.ReaderAt, out *os.File, size int64, name string) error {
	show := newProgress("writing "+name, size)
	if err := pieces(size, func(at int64, b []byte) error {
		if _, err := in.ReadAt(b, at); err != nil {
			return err
		}
		show.at(at)
		_, err := out.WriteAt(b, at)
		return err
	}); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	show.end()
	show = newProgress("reading "+name, size)
	want := make([]byte, mebibyte)
	err := pieces(size, func(at int64, b []byte) error {
		if _, err := in.ReadAt(want[:len(b)], at); err != nil {
			return err
		}
		show.at(at)
		if _, err := out.ReadAt(b, at); err != nil {
			return err
		}
		if !bytes.Equal(b, want[:len(b)]) {
			return fmt.Errorf("%s does not hold what was written to it near %d MiB: it is broken, or smaller than it says", name, at/mebibyte)
		}
		return nil
	})
	if err == nil {
		show.end()
	}
	return err
}

// pieces calls f with room for each piece of size bytes.
func pieces(size int64, f func(at int64, b []byte) error) error {
	b := make([]byte, mebibyte)
	for at := int64(0); at < size; at += mebibyte {
		if err := f(at, b[:min(mebibyte, size-at)]); err != nil {
			return err
		}
	}
	return nil
}

// A host is where Linux says what disks there are and what is mounted.
type host struct{ blocks, mounts, swaps string }

// A disk is one that may be written.
type disk struct {
	size  int64
	model string
}

// disk checks that a disk is one that can be taken out, and that nothing uses it or a part of it (sysfs(5),
// Documentation/ABI/stable/sysfs-block; proc(5), /proc/pid/mountinfo).
func (h host) disk(path string) (d disk, err error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return d, err
	}
	name := filepath.Base(real)
	folder := filepath.Join(h.blocks, name)
	text := func(file string) string {
		b, _ := os.ReadFile(filepath.Join(folder, file))
		return strings.TrimSpace(string(b))
	}
	if _, err := os.Stat(folder); err != nil {
		return d, fmt.Errorf("%s is not a disk", path)
	}
	if text("partition") != "" {
		return d, fmt.Errorf("%s is a part of a disk: name the whole disk", path)
	}
	// A card in a reader of its own does not call itself removable, but an SD card.
	if text("removable") != "1" && text("device/type") != "SD" {
		return d, fmt.Errorf("%s is not removable: refusing to write to it", path)
	}
	sectors, err := strconv.ParseInt(text("size"), 10, 64)
	if err != nil || sectors == 0 {
		return d, fmt.Errorf("%s has no card in it", path)
	}
	if use := h.use(name, folder); use != "" {
		return d, fmt.Errorf("%s %s: refusing to write to it", path, use)
	}
	return disk{sectors * 512, strings.TrimSpace(text("device/vendor") + " " + text("device/model") + text("device/name"))}, nil
}

// use says what uses a disk or a part of it, nothing if nothing does.
func (h host) use(name, folder string) string {
	names := map[string]bool{name: true}
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(folder, e.Name(), "partition")); err == nil {
			names[e.Name()] = true
		}
	}
	numbers := map[string]bool{}
	for n := range names {
		part := folder
		if n != name {
			part = filepath.Join(folder, n)
		}
		b, _ := os.ReadFile(filepath.Join(part, "dev"))
		numbers[strings.TrimSpace(string(b))] = true
		if holders, _ := os.ReadDir(filepath.Join(part, "holders")); len(holders) > 0 {
			return "is in use by " + holders[0].Name()
		}
	}
	mounts, err := os.ReadFile(h.mounts)
	if err != nil {
		return "may be mounted (" + err.Error() + ")"
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		source := ""
		for i, f := range fields {
			if f == "-" && i+2 < len(fields) {
				source = filepath.Base(fields[i+2])
			}
		}
		if len(fields) > 4 && (numbers[fields[2]] || names[source]) {
			return "is mounted at " + fields[4]
		}
	}
	swaps, _ := os.ReadFile(h.swaps)
	for line := range strings.Lines(string(swaps)) {
		if fields := strings.Fields(line); len(fields) > 0 && names[filepath.Base(fields[0])] {
			return "is swapped to"
		}
	}
	return ""
}
