package boot

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/misc/cpio"
	"mirage.build/test/harness"
)

// archive makes an initial RAM disk of a folder.
func archive(t *testing.T, dir string) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "initrd"))
	if err != nil {
		t.Fatal(err)
	}
	w := cpio.NewWriter(f)
	if err := errors.Join(w.Tree("/", dir), w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// hostTree is what the probe's tree says of dir's folder a on this host.
func hostTree(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "probe")
	build := harness.Go(t, "", []string{"GOOS="}, "build", "-o", program, "./test/guest/probe")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	text, err := exec.Command(program, "tree", filepath.Join(dir, "a")).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), dir, "")
}
