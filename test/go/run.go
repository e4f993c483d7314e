package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"mirage.build/test/results"
)

// testdir is the package of the release that runs the tests, and testdirTest its test that has a subtest for each file.
const (
	testdir     = "cmd/internal/testdir"
	testdirTest = "Test"
)

// environment is that of the go command which runs testdir. Few tests open a file, and the test directory is large:
// MIRAGE_FILES=0 leaves it behind.
var environment = []string{"MIRAGE_FILES=0", "MIRAGE_TIMEOUT=10m"}

// run runs tests and gives each result to done, with all that the test has said. The error is done's, or says that
// testdir failed as a whole. What is for linux alone is run as testdir runs what it would skip.
func (r *runner) run(arch string, files []file, done func(res results.Result, output string) error) error {
	var ordinary, forLinux []string
	for _, f := range files {
		if f.forLinux(arch) {
			forLinux = append(forLinux, f.name)
		} else {
			ordinary = append(ordinary, f.name)
		}
	}
	if err := r.testdir(arch, ordinary, done); err != nil {
		return err
	}
	return r.testdir(arch, forLinux, done, "-run_skips")
}

// testdir runs the tests of these names.
func (r *runner) testdir(arch string, names []string, done func(res results.Result, output string) error, flags ...string) error {
	if len(names) == 0 {
		return nil
	}
	args := []string{"test", "-json", "-timeout", "24h", "-parallel", fmt.Sprint(r.parallel), "-run", pattern(names), testdir, "-target", "mirage/" + arch}
	output := make(map[string]*strings.Builder)
	var rest strings.Builder // what belongs to no file
	var failed error
	count := 0
	err := results.Events(r.toolchain.Command(environment, append(args, flags...)...), func(e results.Event) {
		name, ok := strings.CutPrefix(e.Test, testdirTest+"/")
		if !ok {
			rest.WriteString(e.Output)
			return
		}
		if output[name] == nil {
			output[name] = new(strings.Builder)
		}
		output[name].WriteString(e.Output)
		res := results.Result{Arch: arch, Name: name, Version: r.toolchain.Version, Seconds: e.Elapsed}
		switch e.Action {
		case "pass":
			res.Passed = 1
		case "skip":
			res.Skipped = 1
		case "fail":
			res.Failed = 1
		default:
			return
		}
		count++
		if err := done(res, output[name].String()); err != nil && failed == nil {
			failed = err
		}
		delete(output, name)
	})
	switch {
	case failed != nil:
		return failed
	case count < len(names):
		return fmt.Errorf("%s: %d of %d tests have run (%v)\n%s", testdir, count, len(names), err, rest.String())
	}
	return nil
}

// pattern is the argument of -run for files by name. The go command's pattern has a part for each folder of a name.
func pattern(names []string) string {
	files := make(map[string][]string)
	for _, name := range names {
		dir, base := path.Split(name)
		files[dir] = append(files[dir], regexp.QuoteMeta(base))
	}
	var parts []string
	for dir, bases := range files {
		part := "^" + testdirTest + "$"
		for _, level := range strings.Split(dir, "/") {
			if level != "" {
				part += "/^" + regexp.QuoteMeta(level) + "$"
			}
		}
		parts = append(parts, part+"/^("+strings.Join(bases, "|")+")$")
	}
	slices.Sort(parts)
	return strings.Join(parts, "|")
}
