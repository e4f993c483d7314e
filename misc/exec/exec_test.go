package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	got := environment([]string{"PATH=/bin", "FOO=a b=c", "EMPTY=", "GODEBUG=x=1", "GOCACHE=/c", "XDG_X=1", "MIRAGE_MEM=9", "HOME=/root", "=odd", "none"})
	want := []string{"env:HOME=/tmp", "env:PATH=/bin", "env:FOO=a b=c", "env:EMPTY=", "env:GODEBUG=x=1"}
	if !slices.Equal(got, want) {
		t.Errorf("environment is %q, want %q", got, want)
	}
}

// module makes a module with a package that is some folders deep, and returns the package's folder.
func module(t *testing.T) (root, here string) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"go.mod", "testdata/a", "other/testdata/no", "a/testdata/b", "a/beside/testdata/c", "a/beside/no.go",
		"a/pkg/x_test.go", "a/pkg/testdata/d/e", "a/pkg/.git/no", "a/pkg/below/f",
	} {
		name = filepath.Join(root, name)
		os.MkdirAll(filepath.Dir(name), 0o777)
		if err := os.WriteFile(name, make([]byte, 1000), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root, filepath.Join(root, "a/pkg")
}

func TestCollect(t *testing.T) {
	root, here := module(t)
	os.Symlink("nowhere", filepath.Join(here, "link"))
	names, err := collect(here, "", nil, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, n := range names {
		if info, err := os.Lstat(n); err == nil && !info.IsDir() {
			files = append(files, strings.TrimPrefix(n, root+"/"))
		}
	}
	slices.Sort(files)
	want := []string{"a/beside/testdata/c", "a/pkg/below/f", "a/pkg/link", "a/pkg/testdata/d/e", "a/pkg/x_test.go", "a/testdata/b", "go.mod", "testdata/a"}
	if !slices.Equal(files, want) {
		t.Errorf("files are %q, want %q", files, want)
	}
	for i, n := range names {
		if dir := filepath.Dir(n); slices.Index(names, dir) > i {
			t.Errorf("%s comes before its folder", n)
		}
	}
}

func TestCollectBesides(t *testing.T) {
	root, here := module(t)
	names, err := collect(here, "", []string{filepath.Join(root, "a/beside"), filepath.Join(root, "nothing")}, 1<<20)
	if err != nil || !slices.Contains(names, filepath.Join(root, "a/beside/no.go")) {
		t.Errorf("files are %q, %v", names, err)
	}
}

// A folder that is larger than the default stays behind; one that is larger than what was asked for is an error.
func TestFilesLimit(t *testing.T) {
	_, here := module(t)
	if err := os.Truncate(filepath.Join(here, "x_test.go"), 65<<20); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MIRAGE_FILES", "")
	if files, err := filesOf(here); files != nil || err != nil {
		t.Errorf("%q, %v by default", files, err)
	}
	t.Setenv("MIRAGE_FILES", "64")
	if _, err := filesOf(here); err == nil || !strings.Contains(err.Error(), here) || !strings.Contains(err.Error(), "MIRAGE_FILES") {
		t.Errorf("more than the limit: %v", err)
	}
	t.Setenv("MIRAGE_FILES", "66")
	if files, err := filesOf(here); err != nil || !slices.Contains(files, filepath.Join(here, "x_test.go")) {
		t.Errorf("%q, %v", files, err)
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]int{"": 5, "0": 0, "12": 12, "-1": -1, "x": -1, "99999999999": -1} {
		t.Setenv("MIRAGE_TEST", text)
		n, err := number("MIRAGE_TEST", 5)
		if err != nil {
			n = -1
		}
		if n != want {
			t.Errorf("number of %q is %d, %v, want %d", text, n, err, want)
		}
	}
}
