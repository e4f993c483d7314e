package main

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"mirage.build/test/harness"
	"mirage.build/test/results"
)

func TestParseFile(t *testing.T) {
	for _, test := range []struct {
		text, kind      string
		forLinux, built bool // the constraints hold only for a linux; they hold anyway
	}{
		{"// run\n\npackage main\n", "run", false, true},
		{"//go:build !js\n\n// rundir -s\n\npackage main\n", "rundir", false, true},
		{"// run\n\n//go:build darwin || linux\n\npackage main\n", "run", true, false},
		{"// run\n\n//go:build linux && amd64 && gc && go1.20\n\npackage main\n", "run", true, false},
		{"// run\n\n//go:build linux && arm64\n\npackage main\n", "run", false, false},
		{"// run\n\n//go:build cgo && linux\n\npackage main\n", "run", false, false},
		{"// skip\n\n//go:build linux\n\npackage main\n", "skip", false, false},
		{"// Copyright\n\npackage main\n\n// run\n", "", false, true},
	} {
		f := parseFile(test.text)
		if f.kind != test.kind || f.forLinux("amd64") != test.forLinux || f.built("amd64", "") != test.built {
			t.Errorf("%q is a %q, for linux alone: %v, built: %v", test.text, f.kind, f.forLinux("amd64"), f.built("amd64", ""))
		}
	}
}

func TestNoTestDirectory(t *testing.T) {
	if _, err := listFiles(filepath.Join(t.TempDir(), "test")); !errors.Is(err, errNoTests) {
		t.Errorf("a release without tests: %v", err)
	}
}

func TestPattern(t *testing.T) {
	got := pattern([]string{"a.go", "fixedbugs/b+.go", "c.go", "typeparam/mdempsky/1.go"})
	want := `^Test$/^(a\.go|c\.go)$|^Test$/^fixedbugs$/^(b\+\.go)$|^Test$/^typeparam$/^mdempsky$/^(1\.go)$`
	if got != want {
		t.Errorf("the pattern is %s, want %s", got, want)
	}
}

func TestCount(t *testing.T) {
	r := &runner{store: results.Store{Dir: t.TempDir()}, toolchain: results.Toolchain{Version: "v"}}
	r.skips = []results.Skip{{Package: ".", Test: "left.go", Reason: "why"}}
	for _, name := range []string{"passed.go", "failed.go", "left.go", "old.go", "x/skipped.go"} {
		r.files = append(r.files, file{name: name, kind: "run"})
	}
	r.files = append(r.files, file{name: "other.go", kind: "compile"})
	for _, res := range []results.Result{
		{Name: "passed.go", Failed: 1, Version: "v"}, {Name: "passed.go", Passed: 1, Version: "v"}, // the later one counts
		{Name: "failed.go", Failed: 1, Version: "v", Seconds: 2}, {Name: "left.go", Failed: 1, Version: "v"},
		{Name: "old.go", Passed: 1, Version: "u"}, {Name: "x/skipped.go", Skipped: 1, Version: "v"},
		{Name: "other.go", Passed: 1, Version: "v"},
	} {
		res.Arch = "amd64"
		if err := r.store.Keep(res); err != nil {
			t.Fatal(err)
		}
	}
	want := row{files: 5, passed: 1, failed: 1, skipped: 1, leftOut: 1, seconds: 2}
	if got := r.count("amd64", runKinds); got != want {
		t.Errorf("the row is %+v, want %+v", got, want)
	}
}

// repository returns a runner for the repository's toolchain, if that has tests.
func repository(t *testing.T) *runner {
	r, err := newRunner(harness.Root(t), 2)
	if errors.Is(err, errNoTests) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each line of skip.txt is of a test that is there.
func TestSkipFile(t *testing.T) {
	r := repository(t)
	for _, s := range r.skips {
		if !slices.ContainsFunc(r.files, func(f file) bool { return f.name == filepath.Join(s.Package, s.Test) }) {
			t.Errorf("skip.txt: there is no %s/%s", s.Package, s.Test)
		}
	}
}
