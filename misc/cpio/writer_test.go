package cpio

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// The format, byte for byte: the header's fields, the NUL behind a name, and padding to four bytes.
func TestFormat(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	if err := w.File("/a/b", 0o640, noon, 5, strings.NewReader("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const zero = "00000000"
	want := "070701" + "00000001" + "000041ed" + zero + zero + "00000002" + "69a81ec0" + zero + zero + zero + zero + zero + "00000002" + zero + "a\x00" +
		"070701" + "00000002" + "000081a0" + zero + zero + "00000001" + "69a81ec0" + "00000005" + zero + zero + zero + zero + "00000004" + zero + "a/b\x00\x00\x00" +
		"hello\x00\x00\x00" +
		"070701" + "00000003" + zero + zero + zero + "00000001" + zero + zero + zero + zero + zero + zero + "0000000b" + zero + "TRAILER!!!\x00\x00\x00\x00"
	if got := b.String(); got != want {
		t.Errorf("archive is\n%q, want\n%q", got, want)
	}
}

// The contents of large files begin a page.
func TestLargeFilesBeginPages(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	for i := range 40 {
		name := "f" + strings.Repeat("x", i)
		size := large + i*100
		if err := w.File(name, 0o644, noon, int64(size), strings.NewReader("begin"+strings.Repeat("y", size-5))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b.Bytes(), []byte("begin")); n != 40 {
		t.Errorf("%d files", n)
	}
	if list := exec.Command("cpio", "-t", "--quiet"); list.Err == nil { // the judge where the machine has it
		list.Stdin = bytes.NewReader(b.Bytes())
		if out, err := list.Output(); err != nil || strings.Count(string(out), "\n") != 40 {
			t.Errorf("cpio says %v\n%s", err, out)
		}
	}
	for at, rest := 0, b.Bytes(); ; {
		i := bytes.Index(rest, []byte("begin"))
		if i < 0 {
			break
		}
		if at += i; at%pageSize != 0 {
			t.Errorf("contents begin at %d", at)
		}
		at, rest = at+5, rest[i+5:]
	}
}

// What the archive says of a tree is what the tree is; cpio(1) is the judge where the machine has it.
func TestTree(t *testing.T) {
	cpio, err := exec.LookPath("cpio")
	if err != nil {
		t.Skip("no cpio(1) on this machine")
	}
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "sub dir/empty"), 0o755)
	os.WriteFile(filepath.Join(dir, "sub dir/x"), bytes.Repeat([]byte("0123456789"), 100_001), 0o600)
	os.WriteFile(filepath.Join(dir, "run"), nil, 0o755)
	os.Symlink("sub dir/x", filepath.Join(dir, "link"))
	os.Symlink("/nowhere", filepath.Join(dir, "dangling"))
	os.Chtimes(filepath.Join(dir, "run"), noon, noon)

	var b bytes.Buffer
	w := NewWriter(&b)
	if err := errors.Join(w.Tree("/at/here", dir), w.Close()); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	cmd := exec.Command(cpio, "-idm", "--quiet")
	cmd.Dir, cmd.Stdin = out, &b
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cpio: %v: %s", err, text)
	}
	out = filepath.Join(out, "at/here")
	for _, name := range []string{"sub dir/empty", "sub dir/x", "run", "link", "dangling"} {
		want, _ := os.Lstat(filepath.Join(dir, name))
		got, err := os.Lstat(filepath.Join(out, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if got.Mode() != want.Mode() || !got.IsDir() && got.Size() != want.Size() {
			t.Errorf("%s is %v %d bytes, want %v %d", name, got.Mode(), got.Size(), want.Mode(), want.Size())
		}
	}
	if info, err := os.Stat(filepath.Join(out, "run")); err != nil || !info.ModTime().Equal(noon) {
		t.Errorf("run: %v, %v, want %v", info, err, noon)
	}
	if target, _ := os.Readlink(filepath.Join(out, "link")); target != "sub dir/x" {
		t.Errorf("link is to %q", target)
	}
	want, _ := os.ReadFile(filepath.Join(dir, "sub dir/x"))
	if got, err := os.ReadFile(filepath.Join(out, "sub dir/x")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("sub dir/x differs: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	w := NewWriter(&bytes.Buffer{})
	if err := w.File("x", 0o644, noon, 10, strings.NewReader("short")); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a file that became shorter: %v", err)
	}
	if err := w.File("x", 0o644, noon, 1<<32, strings.NewReader("")); err == nil {
		t.Error("a file of 4 GiB is no error, and the format has 32 bits for a size")
	}
	if err := w.Symlink("a\x00b", "x", noon); err == nil {
		t.Error("a name with a NUL is no error")
	}
	if err := w.Tree("x", filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}

// Times that the format cannot say are said as the nearest that it can.
func TestTimeRange(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	w.Folder("old", 0o755, time.Unix(-5, 0))
	w.Folder("new", 0o755, time.Unix(1<<40, 0))
	w.Close()
	if got := b.String(); !strings.Contains(got, "0000000200000000"+"00000000") || !strings.Contains(got, "00000002ffffffff") {
		t.Errorf("archive is %q", got)
	}
}
