package main

import (
	"bufio"
	"errors"
	"go/build/constraint"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A file is a test: a Go file whose first line says what to do with it.
type file struct {
	name        string // below the test directory
	kind        string // the first word of that line: run, errorcheck, ...
	constraints []constraint.Expr
}

// errNoTests is that of a release without its tests.
var errNoTests = errors.New("the Go release that this toolchain was made from has no test directory (the toolchain module has none): " +
	"have Go 1.26.8 from https://go.dev/dl on PATH, remove build/go and run make.bash")

// listFiles lists the tests in dir, at any depth. Folders *.dir belong to the test beside them; a file that says
// nothing, as those of the benchmarks, is none.
func listFiles(dir string) ([]file, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, errNoTests
	}
	var files []file
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasSuffix(p, ".dir") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if f := parseFile(string(text)); f.kind != "" {
			f.name, _ = filepath.Rel(dir, p)
			files = append(files, f)
		}
		return err
	})
	return files, err
}

// kinds are those of tests; the first ones run a program.
var (
	runKinds   = []string{"run", "rundir", "runindir", "runoutput", "buildrun", "buildrundir", "errorcheckandrundir", "errorcheckoutput"}
	otherKinds = []string{"build", "builddir", "compile", "compiledir", "errorcheck", "errorcheckdir", "errorcheckwithauto", "asmcheck", "skip"}
)

// runs reports whether the test runs a program.
func (f file) runs() bool { return slices.Contains(runKinds, f.kind) }

// parseFile reads the head of a test.
func parseFile(text string) file {
	var f file
	for in := bufio.NewScanner(strings.NewReader(text)); in.Scan(); {
		line := in.Text()
		if strings.HasPrefix(line, "package ") {
			break
		}
		if expr, err := constraint.Parse(line); err == nil {
			f.constraints = append(f.constraints, expr)
		} else if comment, ok := strings.CutPrefix(line, "//"); f.kind == "" && ok {
			if words := strings.Fields(comment); len(words) > 0 && (slices.Contains(runKinds, words[0]) || slices.Contains(otherKinds, words[0])) {
				f.kind = words[0]
			}
		}
	}
	return f
}

// forLinux reports whether the test's build constraints hold only because mirage is a linux.
func (f file) forLinux(arch string) bool {
	return f.kind != "skip" && f.built(arch, "linux") && !f.built(arch, "")
}

// built reports whether the build constraints hold for mirage, and for one more tag.
func (f file) built(arch, tag string) bool {
	for _, expr := range f.constraints {
		if !expr.Eval(func(name string) bool {
			return name == "mirage" || name == tag || name == arch || name == "gc" || strings.HasPrefix(name, "go1.")
		}) {
			return false
		}
	}
	return true
}
