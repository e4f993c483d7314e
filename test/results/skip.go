package results

import (
	"fmt"
	"regexp"
	"strings"
)

// A Skip is a test that is left out.
type Skip struct {
	Package string
	Test    string // a test or a subtest, or "*" for the package as a whole
	Arch    string // "" for both
	Reason  string
}

// ParseSkips reads a list of lines of a package, a test (with @amd64 or @arm64 if it is for one only) and the reason.
// A # begins a comment line.
func ParseSkips(text string) ([]Skip, error) {
	var skips []Skip
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
		skips = append(skips, Skip{fields[0], test, arch, strings.Join(fields[2:], " ")})
	}
	return skips, nil
}

// On reports whether the test is left out on arch.
func (s Skip) On(arch string) bool { return s.Arch == "" || s.Arch == arch }

// Pattern returns what to give to `go test -skip` for a package, "" if nothing is left out, and whether the whole
// package is.
func Pattern(skips []Skip, pkg, arch string) (pattern string, whole bool) {
	var tests []string
	for _, s := range skips {
		if s.Package != pkg || !s.On(arch) {
			continue
		}
		if s.Test == "*" {
			return "", true
		}
		var levels []string
		for _, name := range strings.Split(s.Test, "/") {
			levels = append(levels, "^"+regexp.QuoteMeta(name)+"$")
		}
		tests = append(tests, strings.Join(levels, "/"))
	}
	return strings.Join(tests, "|"), false
}
