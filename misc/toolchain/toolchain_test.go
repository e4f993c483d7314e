package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write makes files below dir: names and contents by turns.
func write(t *testing.T, dir string, namesAndTexts ...string) {
	t.Helper()
	for i := 0; i < len(namesAndTexts); i += 2 {
		file := filepath.Join(dir, namesAndTexts[i])
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(namesAndTexts[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// wantError fails t unless err's text is one line with each of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one about %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not mention %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error is more than a line: %q", err)
	}
}

// release makes a small base release.
func release(t *testing.T) string {
	base := t.TempDir()
	write(t, base,
		"VERSION", baseVersion+"\ntime 2026-01-01T00:00:00Z\n",
		"go.env", "GOPROXY=x\nGOTOOLCHAIN=auto\n",
		"bin/go", "go", "lib/x", "x", "pkg/x", "x",
		"src/go.mod", "module std\n",
		"src/os/file.go", "package os\n\nfunc Open() {}\n",
		"src/internal/buildcfg/zbootstrap.go", "package buildcfg\n\nconst version = `"+baseVersion+"`\n")
	return base
}

func TestCheckBase(t *testing.T) {
	base := release(t)
	if err := checkBase(base); err != nil {
		t.Fatal(err)
	}
	write(t, base, "VERSION", "go1.26.80\n")
	wantError(t, checkBase(base), "go1.26.80", baseVersion)
	wantError(t, checkBase(t.TempDir()), "not a Go release")
	part := release(t)
	os.RemoveAll(filepath.Join(part, "lib"))
	wantError(t, checkBase(part), "not a whole Go release")
}

// The toolchain module is read-only and calls its go.mod files _go.mod; the go command may have put some back.
func TestCopyBaseFromModule(t *testing.T) {
	base := release(t)
	write(t, base, "src/cmd/_go.mod", "module cmd\n", "src/both/_go.mod", "module both\n", "src/both/go.mod", "module both\n")
	os.Chmod(filepath.Join(base, "src/os/file.go"), 0o444)
	os.Chmod(filepath.Join(base, "bin/go"), 0o555)
	dst := filepath.Join(t.TempDir(), "go")
	if err := copyBase(dst, base); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"cmd", "both"} {
		if !exists(filepath.Join(dst, "src", dir, "go.mod")) || exists(filepath.Join(dst, "src", dir, "_go.mod")) {
			t.Errorf("src/%s has no go.mod, or has a _go.mod", dir)
		}
	}
	for name, want := range map[string]os.FileMode{"src/os/file.go": 0o644, "bin/go": 0o755} {
		info, err := os.Stat(filepath.Join(dst, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
	if env := read(t, filepath.Join(dst, "go.env")); !strings.Contains(env, "GOTOOLCHAIN=local\n") {
		t.Errorf("go.env is %q", env)
	}
}

// A distribution's GOROOT has links in it; what is written to the copy must not go through them.
func TestCopyBaseFollowsLinks(t *testing.T) {
	base, elsewhere := release(t), filepath.Join(t.TempDir(), "src")
	if err := os.Rename(filepath.Join(base, "src"), elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(base, "src")); err != nil {
		t.Fatal(err)
	}
	dst := filepath.Join(t.TempDir(), "go")
	if err := copyBase(dst, base); err != nil {
		t.Fatal(err)
	}
	write(t, dst, "src/os/file.go", "changed")
	if got := read(t, filepath.Join(elsewhere, "os/file.go")); got == "changed" {
		t.Error("writing to the copy changed the base")
	}
}

// laid is a repository, a base and a tree with the one laid over a copy of the other.
func laid(t *testing.T) (root, base, tree string) {
	root, base = t.TempDir(), release(t)
	tree = filepath.Join(t.TempDir(), "go")
	if err := copyBase(tree, base); err != nil {
		t.Fatal(err)
	}
	write(t, root, "src/os/mirage.go", "package os\n", "boot/doc.go", "package boot\n", "drivers/pci/pci.go", "package pci\n")
	lay(t, root, base, tree)
	return root, base, tree
}

func lay(t *testing.T, root, base, tree string) {
	t.Helper()
	files, err := overlayFiles(root, base)
	if err != nil {
		t.Fatal(err)
	}
	if err := layOver(tree, base, files); err != nil {
		t.Fatal(err)
	}
}

func TestOverlayPlaces(t *testing.T) {
	_, _, tree := laid(t)
	for _, name := range []string{"os/mirage.go", "os/file.go", "internal/mirage/boot/doc.go", "internal/mirage/drivers/pci/pci.go"} {
		if !exists(filepath.Join(tree, "src", name)) {
			t.Errorf("no %s", name)
		}
	}
}

// A change counts by content: an older time stamp does not hide it, a newer one alone changes nothing.
func TestOverlayComparesContent(t *testing.T) {
	root, base, tree := laid(t)
	source, laidFile := filepath.Join(root, "src/os/mirage.go"), filepath.Join(tree, "src/os/mirage.go")
	past, future := time.Now().Add(-48*time.Hour), time.Now().Add(48*time.Hour)

	write(t, root, "src/os/mirage.go", "package OS\n") // the same size
	os.Chtimes(source, past, past)
	lay(t, root, base, tree)
	if got := read(t, laidFile); got != "package OS\n" {
		t.Errorf("an older file was not laid over: %q", got)
	}

	os.Chtimes(laidFile, past, past)
	os.Chtimes(source, future, future)
	lay(t, root, base, tree)
	info, err := os.Stat(laidFile)
	if err != nil {
		t.Fatal(err)
	}
	if !info.ModTime().Equal(past) {
		t.Error("a file with the same content was written again")
	}
}

func TestOverlayRemoves(t *testing.T) {
	root, base, tree := laid(t)
	os.RemoveAll(filepath.Join(root, "drivers/pci"))
	os.Remove(filepath.Join(root, "src/os/mirage.go"))
	write(t, tree, "src/internal/mirage/boot/stray.go", "package boot\n") // nobody's
	lay(t, root, base, tree)
	for _, name := range []string{"os/mirage.go", "internal/mirage/drivers", "internal/mirage/boot/stray.go"} {
		if exists(filepath.Join(tree, "src", name)) {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range []string{"os/file.go", "go.mod", "internal/mirage/boot/doc.go"} {
		if !exists(filepath.Join(tree, "src", name)) {
			t.Errorf("%s is gone", name)
		}
	}
}

// A file may become a folder and a folder a file from one run to the next.
func TestOverlayFileBecomesFolder(t *testing.T) {
	root, base, tree := laid(t)
	os.RemoveAll(filepath.Join(root, "drivers/pci"))
	write(t, root, "drivers/pci", "x", "src/os/mirage.s/x", "y")
	lay(t, root, base, tree)
	os.RemoveAll(filepath.Join(root, "drivers/pci"))
	os.RemoveAll(filepath.Join(root, "src/os/mirage.s"))
	write(t, root, "drivers/pci/pci.go", "package pci\n", "src/os/mirage.s", "z")
	lay(t, root, base, tree)
	if got := read(t, filepath.Join(tree, "src/os/mirage.s")); got != "z" {
		t.Errorf("src/os/mirage.s is %q", got)
	}
	if got := read(t, filepath.Join(tree, "src/internal/mirage/drivers/pci/pci.go")); got != "package pci\n" {
		t.Errorf("pci.go is %q", got)
	}
}

func TestOverlayRefuses(t *testing.T) {
	root, base, _ := laid(t)
	write(t, root, "src/os/file.go", "package os\n")
	_, err := overlayFiles(root, base)
	wantError(t, err, "src/os/file.go", "runtime-patches/")

	root, base, _ = laid(t)
	write(t, root, "src/internal/mirage/boot/doc.go", "package boot\n")
	_, err = overlayFiles(root, base)
	wantError(t, err, "src/internal/mirage/boot/doc.go", "boot/doc.go")

	root, base, _ = laid(t)
	write(t, base, "src/cmd/_go.mod", "module cmd\n")
	write(t, root, "src/cmd/go.mod", "module cmd\n")
	_, err = overlayFiles(root, base)
	wantError(t, err, "src/cmd/go.mod")

	root, base, _ = laid(t)
	os.Symlink("/etc/passwd", filepath.Join(root, "src/os/link.go"))
	_, err = overlayFiles(root, base)
	wantError(t, err, "src/os/link.go", "not a regular file")
}

// The release's own tests are reached through the tree, if the release has them.
func TestCopyBaseLinksTests(t *testing.T) {
	base, without := release(t), t.TempDir()
	if err := copyBase(without, base); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(without, "test")) {
		t.Error("a release without tests gave some")
	}
	write(t, base, "test/helloworld.go", "// run\n")
	with := t.TempDir()
	if err := copyBase(with, base); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(with, "test/helloworld.go")); got != "// run\n" {
		t.Errorf("test/helloworld.go is %q", got)
	}
}

const goodPatch = "Why.\n\n--- a/src/os/file.go\n+++ b/src/os/file.go\n@@ -1,3 +1,4 @@\n package os\n \n+var X int\n func Open() {}\n"

func TestApplyPatches(t *testing.T) {
	root, _, tree := laid(t)
	write(t, root, "runtime-patches/0001-x.patch", goodPatch)
	if err := applyPatches(tree, root); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(tree, "src/os/file.go")); !strings.Contains(got, "var X int") {
		t.Errorf("not patched: %q", got)
	}
}

// One changed line of context is enough to refuse a patch.
func TestApplyPatchesNoFuzz(t *testing.T) {
	root, _, tree := laid(t)
	write(t, root, "runtime-patches/0001-x.patch", strings.Replace(goodPatch, " func Open", " func Opened", 1))
	wantError(t, applyPatches(tree, root), "0001-x.patch", "does not apply", baseVersion)

	write(t, root, "runtime-patches/0001-x.patch", "\n--- /dev/null\n+++ b/src/os/new.go\n@@ -0,0 +1 @@\n+package os\n")
	wantError(t, applyPatches(tree, root), "0001-x.patch", "src/")

	wantError(t, applyPatches(tree, t.TempDir()), "empty")
}

func TestSetVersion(t *testing.T) {
	_, _, tree := laid(t)
	if err := setVersion(tree, "go9-x"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(tree, "VERSION")); !strings.HasPrefix(got, "go9-x\ntime ") {
		t.Errorf("VERSION is %q", got)
	}
	if got := read(t, filepath.Join(tree, "src/internal/buildcfg/zbootstrap.go")); !strings.HasSuffix(got, "const version = `go9-x`\n") {
		t.Errorf("zbootstrap.go is %q", got)
	}
}

// The hash in the version changes with what the rebuilt tools are made of, and with nothing else.
func TestToolsID(t *testing.T) {
	root, base, _ := laid(t)
	m := &maker{root: root, base: base}
	id := func() string {
		t.Helper()
		id, err := m.toolsID()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	write(t, root, "runtime-patches/0001-x.patch", goodPatch)
	first := id()
	write(t, root, "src/os/mirage.go", "package os // changed\n", "drivers/x.go", "package drivers\n")
	if id() != first {
		t.Error("a change to src/os changed the tools' hash")
	}
	write(t, root, "src/cmd/link/mirage.go", "package main\n")
	second := id()
	write(t, root, "runtime-patches/0001-x.patch", goodPatch+"\n")
	if second == first || id() == second || id() == first {
		t.Error("a change to src/cmd or to a patch did not change the tools' hash")
	}
}

// A tree that is not marked as finished is made anew, whatever is in it; when that fails, the old tree is as it was.
func TestUnfinishedTreeIsNotTrusted(t *testing.T) {
	root, base, _ := laid(t)
	m := &maker{root: root, base: base, tree: filepath.Join(root, "build/go")}
	write(t, m.tree, "src/half", "x")
	wantError(t, m.make(), "runtime-patches/ is empty")
	if !exists(filepath.Join(m.tree, "src/half")) {
		t.Error("a failed run took the old tree away")
	}
	if exists(m.tree + ".new") {
		t.Error("a failed run left its half tree behind")
	}
}
