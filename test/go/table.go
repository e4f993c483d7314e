package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mirage.build/test/results"
)

// A row counts the results of a kind of tests.
type row struct {
	files, passed, failed, skipped, leftOut int
	seconds                                 float64
}

// count makes the row of the files of a kind.
func (r *runner) count(arch string, kinds []string) (total row) {
	all := r.store.All()
	for _, f := range r.files {
		if !strings.Contains(" "+strings.Join(kinds, " ")+" ", " "+f.kind+" ") {
			continue
		}
		res, done := all[results.Key{Arch: arch, Name: f.name}]
		switch total.files++; {
		case leftOut(r.skips, f.name, arch):
			total.leftOut++
		case done && res.Version == r.toolchain.Version:
			total.passed += res.Passed
			total.failed += res.Failed
			total.skipped += res.Skipped
			total.seconds += res.Seconds
		}
	}
	return total
}

// writeTable writes the table of results, with the files that have failed and those that were left out.
func (r *runner) writeTable(archs []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The Go release's test directory in machines\n\nWritten by test/go with %s, emulated in software.\n\n", r.toolchain.Version)
	b.WriteString("| kind | arch | files | passed | failed | not for this target | left out | seconds |\n|---|---|---|---|---|---|---|---|\n")
	for _, arch := range archs {
		line := func(name string, kinds []string) {
			t := r.count(arch, kinds)
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %.0f |\n", name, arch, t.files, t.passed, t.failed, t.skipped, t.leftOut, t.seconds)
		}
		for _, kind := range append(runKinds, otherKinds...) {
			line(kind, []string{kind})
		}
		line("all that run a program", runKinds)
		line("all others", otherKinds)
	}
	b.WriteString("\nFailed:\n\n")
	for _, res := range r.store.Sorted() {
		if res.Failed > 0 {
			fmt.Fprintf(&b, "- %s %s\n", res.Name, res.Arch)
		}
	}
	b.WriteString("\nLeft out:\n\n")
	for _, s := range r.skips {
		fmt.Fprintf(&b, "- %s/%s %s: %s\n", s.Package, s.Test, s.Arch, s.Reason)
	}
	if err := os.MkdirAll(r.store.Dir, 0o777); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.store.Dir, "RESULTS.md"), []byte(b.String()), 0o666)
}
