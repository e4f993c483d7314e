package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A result is that of one package on one architecture.
type result struct {
	Arch, Package           string
	Version                 string
	Passed, Failed, Skipped int // tests and subtests
	Seconds                 float64
	Note                    string // what failed
}

type key struct{ arch, pkg string }

func (res result) String() string {
	state := "ok  "
	if res.Failed > 0 {
		state = "FAIL"
	}
	return fmt.Sprintf("%s %s %s: %d passed, %d failed, %d skipped, %.1f s %s",
		state, res.Arch, res.Package, res.Passed, res.Failed, res.Skipped, res.Seconds, res.Note)
}

func (r *runner) resultsName() string { return filepath.Join(r.dir, "results.json") }

// results reads what was kept; a later result takes the place of an earlier.
func (r *runner) results() map[key]result {
	all := make(map[key]result)
	f, err := os.Open(r.resultsName())
	if err != nil {
		return all
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		var res result
		if json.Unmarshal(in.Bytes(), &res) == nil {
			all[key{res.Arch, res.Package}] = res
		}
	}
	return all
}

// keep adds a result to those kept.
func (r *runner) keep(res result) error {
	line, err := json.Marshal(res)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.dir, 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(r.resultsName(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(append(line, '\n'))
	return err
}

// writeTable writes all results to RESULTS.md, with what was left out.
func (r *runner) writeTable() error {
	all := r.results()
	keys := make([]key, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.pkg+" "+a.arch, b.pkg+" "+b.arch) })

	var b strings.Builder
	fmt.Fprintf(&b, "# Go's own tests in machines\n\nWritten by test/std with %s, emulated in software.\n\n", r.version)
	b.WriteString("| package | arch | passed | failed | skipped by itself | seconds | |\n|---|---|---|---|---|---|---|\n")
	for _, k := range keys {
		res := all[k]
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %.0f | %s |\n", k.pkg, k.arch, res.Passed, res.Failed, res.Skipped, res.Seconds, res.Note)
	}
	b.WriteString("\nLeft out:\n\n")
	for _, s := range r.skips {
		fmt.Fprintf(&b, "- %s %s %s: %s\n", s.pkg, s.test, s.arch, s.reason)
	}
	return os.WriteFile(filepath.Join(r.dir, "RESULTS.md"), []byte(b.String()), 0o666)
}
