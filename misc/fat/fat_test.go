package fat

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files are some of all kinds: empty, of a cluster to the byte, large, with names short, long and alike, in folders.
func files() []File {
	big := make([]byte, 3<<20+17)
	for i := range big {
		big[i] = byte(i * 31)
	}
	all := []File{
		{"KERNEL8.IMG", big}, {"config.txt", []byte("arm_64bit=1\n")}, {"EMPTY", nil}, {"exact.bin", big[:4096]},
		{"bcm2710-rpi-3-b.dtb", big[:1000]}, {"bcm2710-rpi-3-b-plus.dtb", big[:1001]}, {"overlays/disable-bt.dtbo", big[:10]},
		{"a name of 26 characters.tx", []byte("x")}, {"thirteen.char", []byte("y")}, {".hidden", []byte("z")}, {"deep/er/and/deeper.text", []byte("bottom")},
	}
	for i := range 200 {
		all = append(all, File{fmt.Sprintf("overlays/overlay-number-%03d.dtbo", i), big[:i]})
	}
	return all
}

func format(t *testing.T, all []File) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "volume")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 64 << 20
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	var last, total int64
	for _, x := range all {
		total += int64(len(x.Data))
	}
	if err := Format(f, 0, size, "boot", 0x12345678, all, func(n int64) { last = n }); err != nil {
		t.Fatal(err)
	}
	if last < total {
		t.Errorf("told of %d bytes of %d", last, total)
	}
	return name
}

// tool skips the test where a program is missing.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append([]string{"/usr/sbin", "/sbin"}, filepath.SplitList(os.Getenv("PATH"))...) {
		if path := filepath.Join(dir, name); exec.Command("test", "-x", path).Run() == nil {
			return path
		}
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func TestFsckFindsNothing(t *testing.T) {
	fsck := tool(t, "fsck.vfat")
	if out, err := exec.Command(fsck, "-n", "-v", format(t, files())).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestMtoolsReadsAll(t *testing.T) {
	mcopy := tool(t, "mcopy")
	all := files()
	dir := t.TempDir()
	if out, err := exec.Command(mcopy, "-s", "-i", format(t, all), "::/", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, f := range all {
		if got, err := os.ReadFile(filepath.Join(dir, f.Name)); err != nil || !bytes.Equal(got, f.Data) {
			t.Errorf("%s: %d bytes, %v", f.Name, len(got), err)
		}
	}
}

func TestShortNames(t *testing.T) {
	root := &node{isFolder: true}
	var got []string
	for _, name := range []string{"CONFIG.TXT", "config.txt2", "bcm2710-rpi-3-b.dtb", "bcm2710-rpi-3-b-plus.dtb", "a b.c.txt", ".hidden", "NOEXT"} {
		if err := root.add(File{Name: name}); err != nil {
			t.Fatal(err)
		}
		c := root.children[len(root.children)-1]
		got = append(got, fmt.Sprintf("%s %v", c.short, c.isShort()))
	}
	want := []string{"CONFIG  TXT true", "CONFIG~1TXT false", "BCM271~1DTB false", "BCM271~2DTB false", "ABC     TXT false", "HIDDEN      false", "NOEXT       true"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRefused(t *testing.T) {
	root := &node{isFolder: true}
	root.add(File{Name: "a/b"})
	for _, name := range []string{"", "a", "A/b", "x:y", "a//c", strings.Repeat("x", 256)} {
		if root.add(File{Name: name}) == nil {
			t.Errorf("%q is no error", name)
		}
	}
	f, _ := os.Create(filepath.Join(t.TempDir(), "v"))
	defer f.Close()
	told := func(int64) {}
	if Format(f, 0, 30<<20, "x", 0, nil, told) == nil {
		t.Error("30 MiB are no error")
	}
	if Format(f, 0, 40<<20, "x", 0, []File{{"x", make([]byte, 41<<20)}}, told) == nil {
		t.Error("a file larger than the volume is no error")
	}
}
