package boot

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// diskImages builds the program that uses disks.
func diskImages(t *testing.T) map[string]string {
	return map[string]string{
		"amd64": harness.Build(t, "amd64", "./test/guest/disk"),
		"arm64": harness.Build(t, "arm64", "./test/guest/disk"),
	}
}

// newDisk makes a file of so many MiB.
func newDisk(t *testing.T, name string, mib int64) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	f, err := os.Create(file)
	if err == nil {
		err = f.Truncate(mib << 20)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// What was written and flushed is there when the machine is killed and boots again.
func TestDiskSurvives(t *testing.T) {
	images := diskImages(t)
	for _, m := range harness.Fastest {
		for _, pci := range []bool{false, true} {
			name := m.Name
			if pci {
				name += "-pci"
			}
			t.Run(name, func(t *testing.T) {
				c := m.Config(images[m.Arch])
				if pci && m.Arch == "amd64" {
					c.Machine = "q35"
				}
				c.PCI = pci
				c.Disks = []vm.Disk{{File: newDisk(t, "disk.img", 8)}}
				c.Args = []string{"write", "vda", "7"}
				b := harness.Boot(t, c)
				b.WaitFor("flushed")
				b.Stop()
				c.Args[0] = "check"
				if b := harness.Run(t, c, 0); !b.Stdout.Contains("all there") {
					t.Error(b)
				}
			})
		}
	}
}

// Every request, from many goroutines on several CPUs, on every kind of machine.
func TestDiskRequests(t *testing.T) {
	images := diskImages(t)
	for _, m := range harness.Machines {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(images[m.Arch])
			c.CPUs = 2
			c.Disks = []vm.Disk{{File: newDisk(t, "disk.img", 16)}}
			c.Args = []string{"requests", "vda"}
			if b := harness.Run(t, c, 0); !b.Stdout.Contains("all requests done") {
				t.Error(b)
			}
		})
	}
}

// Disks have names in the order in which they are given, and their partitions are there when main begins.
func TestDisksAreListed(t *testing.T) {
	table := newDisk(t, "table.img", 4)
	f, err := os.OpenFile(table, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// A PC's table: a partition of 100 sectors from sector 8 on.
	f.WriteAt([]byte{0, 0, 0, 0, 0x83, 0, 0, 0, 8, 0, 0, 0, 100, 0, 0, 0}, 446)
	f.WriteAt([]byte{0x55, 0xaa}, 510)
	images := diskImages(t)
	for _, m := range harness.Machines {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(images[m.Arch])
			c.Disks = []vm.Disk{{File: table}, {File: newDisk(t, "b.img", 2), ReadOnly: true}, {File: newDisk(t, "c.img", 3)}}
			c.Args = []string{"list"}
			b := harness.Run(t, c, 0)
			for _, want := range []string{
				"vda: 4194304 bytes, sectors of 512, read-only false, partition 0", "vda1: 51200 bytes, sectors of 512, read-only false, partition 1",
				"vdb: 2097152 bytes, sectors of 512, read-only true", "vdc: 3145728 bytes", " 254        1         50 vda1\n",
			} {
				if !b.Stdout.Contains(want) {
					t.Errorf("no %q in\n%s", want, b)
				}
			}
		})
	}
}

// writeQCOW2 makes an empty disk in QEMU's own format (QEMU, docs/interop/qcow2.txt): clusters of 64 KiB, of which the first four
// have the header, the table and the block of reference counts, and the first table of addresses.
func writeQCOW2(t *testing.T, file string, size uint64) {
	t.Helper()
	const cluster = 1 << 16
	be := binary.BigEndian
	b := make([]byte, 4*cluster)
	copy(b, "QFI\xfb")
	be.PutUint32(b[4:], 2)          // version
	be.PutUint32(b[20:], 16)        // cluster_bits
	be.PutUint64(b[24:], size)      // size
	be.PutUint32(b[36:], 1)         // l1_size
	be.PutUint64(b[40:], 3*cluster) // l1_table_offset
	be.PutUint64(b[48:], cluster)   // refcount_table_offset
	be.PutUint32(b[56:], 1)         // refcount_table_clusters
	be.PutUint64(b[cluster:], 2*cluster)
	for i := range 4 {
		be.PutUint16(b[2*cluster+2*i:], 1)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A disk in QEMU's own format, and one that may only be read.
func TestDiskFormats(t *testing.T) {
	file := filepath.Join(t.TempDir(), "disk.qcow2")
	writeQCOW2(t, file, 16<<20)
	c := harness.Microvm.Config(harness.Build(t, "amd64", "./test/guest/disk"))
	c.Disks = []vm.Disk{{File: file}}
	c.Args = []string{"requests", "vda"}
	harness.Run(t, c, 0)
	c.Disks[0].ReadOnly = true
	b := harness.Run(t, c, 1)
	if !b.Stdout.Contains("the disk is read-only: use OpenReadOnly, or attach it writable") {
		t.Error(b)
	}
}
