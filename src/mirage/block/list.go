package block

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// An Info is what is known of a disk or a partition without opening it.
type Info struct {
	Name      string // what Open takes
	Disk      string // of a partition: the name of the disk that it is on
	Partition int    // its number; 0: a whole disk
	Size      int64
	Sector    int
	ReadOnly  bool
	Label     string // of a partition, in a GPT
	ID        string // of a partition: its UUID
	Serial    string // of a disk: the name that the host gave it
}

// classBlock is where Linux, and mirage as well, keeps one folder for each.
const classBlock = "/sys/class/block"

// List returns the disks and partitions that there are, by name.
func List() ([]Info, error) {
	entries, err := os.ReadDir(classBlock)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Info
	for _, e := range entries {
		if i, ok := infoOf(path.Join(classBlock, e.Name())); ok {
			all = append(all, i)
		}
	}
	return all, nil
}

// infoOf reads a folder. One that vanishes meanwhile is none.
func infoOf(folder string) (i Info, ok bool) {
	sectors, err := strconv.ParseInt(text(folder, "size"), 10, 64)
	if err != nil {
		return i, false
	}
	i = Info{Name: path.Base(folder), Size: sectors * 512, ReadOnly: text(folder, "ro") == "1", Serial: text(folder, "serial")}
	disk := folder
	if n, err := strconv.Atoi(text(folder, "partition")); err == nil {
		i.Partition = n
		if target, err := os.Readlink(folder); err == nil {
			i.Disk = path.Base(path.Dir(target))
			disk = path.Join(classBlock, i.Disk)
		}
	}
	i.Sector, _ = strconv.Atoi(text(disk, "queue/logical_block_size"))
	for line := range strings.Lines(text(folder, "uevent")) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key {
		case "PARTNAME":
			i.Label = value
		case "PARTUUID":
			i.ID = value
		}
	}
	return i, true
}

func text(folder, name string) string {
	b, _ := os.ReadFile(path.Join(folder, name))
	return strings.TrimSpace(string(b))
}
