package boot

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"hash/crc32"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// Memory and files that are mapped in random ways answer and hold what they do on the host.
func TestMapsAsOnHost(t *testing.T) {
	seeds := []string{"1", "2", "3", "4", "5", "6"}
	program := filepath.Join(t.TempDir(), "mmaps")
	build := harness.Go(t, "", []string{"GOOS="}, "build", "-o", program, "./test/guest/mmaps")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	host := exec.Command(program, seeds...)
	if _, err := os.Stat("/dev/shm"); err == nil {
		host.Env = append(os.Environ(), "TMPDIR=/dev/shm") // a tmpfs, as the machine's files are
	}
	text, err := host.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(text), "\n")
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(harness.Build(t, m.Arch, "./test/guest/mmaps"))
			c.Args = seeds
			got := strings.Split(harness.Run(t, c, 0).Stdout.String(), "\n")
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("after\n%s\nthe host prints\n%s\nand the machine\n%s",
						strings.Join(want[max(0, i-40):i], "\n"), want[i], strings.Join(got[min(i, len(got)):min(i+1, len(got))], ""))
				}
			}
		})
	}
}

// A database that maps, locks and syncs its file runs unmodified.
func TestBolt(t *testing.T) {
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			b := harness.Run(t, m.Config(harness.Build(t, m.Arch, "./test/guest/bolt")), 0)
			const want = "2000 keys, true 0\n"
			if got := b.Stdout.String(); got != want {
				t.Errorf("standard output is\n%s\nwant\n%s\n%s", got, want, b)
			}
		})
	}
}

// A large file of the initial RAM disk is mapped where it lies: that takes no memory. One that is compressed is there, too, and
// the memory of what it was unpacked from is free again: here that is as much as the file's.
func TestInitialRAMDiskIsMapped(t *testing.T) {
	dir := t.TempDir()
	data := make([]byte, 12<<20+100)
	rand.New(rand.NewSource(1)).Read(data)
	if err := os.WriteFile(filepath.Join(dir, "large"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	plain := archive(t, dir)
	for _, m := range harness.Fastest {
		var free [2]int // without compression, and with it
		for i, compressed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/compressed=%v", m.Name, compressed), func(t *testing.T) {
				c := m.Config(harness.Build(t, m.Arch, "./test/guest/inplace"))
				c.Args, c.Initrd = []string{"/large"}, plain
				if compressed {
					c.Initrd = compress(t, plain)
				}
				want := fmt.Sprintf("%08x %v", crc32.ChecksumIEEE(data), compressed)
				got := harness.Run(t, c, 0).Stdout.String()
				if _, err := fmt.Sscan(strings.TrimPrefix(got, want), &free[i]); err != nil || !strings.HasPrefix(got, want) {
					t.Errorf("got %q, want %q and a number", got, want)
				}
			})
		}
		if !t.Failed() && free[1] < free[0]-len(data)/2 {
			t.Errorf("%s: %d octets are free, and %d with a compressed RAM disk", m.Name, free[0], free[1])
		}
	}
}

func compress(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	name := filepath.Join(t.TempDir(), "initrd.gz")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}
