package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed skip.txt
var skipText string

// A skip is a line of skip.txt.
type skip struct {
	pkg    string
	test   string // a test or a subtest, or "*" for the package as a whole
	arch   string // "" for both
	reason string
}

// parseSkips reads skip.txt: lines of a package, a test (with @amd64 or @arm64 if it is for one only) and the reason.
// A # begins a comment line.
func parseSkips(text string) ([]skip, error) {
	var skips []skip
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 4 {
			return nil, fmt.Errorf("skip.txt:%d: not a package, a test and a reason", n)
		}
		test, arch, _ := strings.Cut(fields[1], "@")
		if arch != "" && arch != "amd64" && arch != "arm64" {
			return nil, fmt.Errorf("skip.txt:%d: no architecture %q", n, arch)
		}
		skips = append(skips, skip{fields[0], test, arch, strings.Join(fields[2:], " ")})
	}
	return skips, nil
}

// pattern returns what to give to `go test -skip` for a package, "" if nothing is left out, and whether the whole
// package is.
func pattern(skips []skip, pkg, arch string) (pattern string, whole bool) {
	var tests []string
	for _, s := range skips {
		if s.pkg != pkg || s.arch != "" && s.arch != arch {
			continue
		}
		if s.test == "*" {
			return "", true
		}
		var levels []string
		for _, name := range strings.Split(s.test, "/") {
			levels = append(levels, "^"+regexp.QuoteMeta(name)+"$")
		}
		tests = append(tests, strings.Join(levels, "/"))
	}
	return strings.Join(tests, "|"), false
}
