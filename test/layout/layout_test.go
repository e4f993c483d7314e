// Package layout checks what holds the repository together: what lies at its top, that every folder says what it is,
// and which package may import which.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// top is all that may lie in the repository's root; a newcomer finds their way by it.
var top = []string{
	".ci", ".git", ".gitignore", "LICENSE", "README.md", "bin", "boot", "build", "drivers", "go.mod", "go.sum",
	"make.bash", "misc", "runtime-patches", "src", "test",
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(harness.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(top, e.Name()) {
			t.Errorf("%s has no place at the top of the repository", e.Name())
		}
	}
}

// TestFoldersSayWhatTheyAre wants a package comment or a README in each folder of Go files that is wholly ours.
func TestFoldersSayWhatTheyAre(t *testing.T) {
	root := harness.Root(t)
	for _, dir := range []string{"boot", "drivers", "misc", "test", "src/internal/mirage", "src/mirage"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return fs.SkipDir
			}
			if d.IsDir() && hasGo(p) && !saysWhatItIs(p) {
				t.Errorf("%s has neither a package comment nor a README.md", strings.TrimPrefix(p, root+"/"))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestDriversAreListed wants each driver in the table of drivers/README.md; models for tests have a row of their own.
func TestDriversAreListed(t *testing.T) {
	dir := filepath.Join(harness.Root(t), "drivers")
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(" ,|\n", r) })
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(p, dir+"/")
		if d.IsDir() && hasGo(p) && !isForTests(name) && !slices.Contains(listed, name) {
			t.Errorf("drivers/README.md does not list %s", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func hasGo(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	return len(files) > 0
}

func saysWhatItIs(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err == nil {
		return true
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	return slices.ContainsFunc(files, func(file string) bool {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		return err == nil && f.Doc.Text() != ""
	})
}
