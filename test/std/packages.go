package main

import (
	"fmt"
	"slices"
	"strings"
)

// late are the packages whose tests take longest, the longest last: what others show is known by then.
var late = []string{
	"archive/zip", "compress/flate", "crypto/internal/fips140test", "crypto/rsa", "crypto/x509", "go/types", "math/big", "net",
	"reflect", "strconv", "sync", "time", "crypto/tls", "runtime/pprof", "runtime/trace", "internal/trace", "net/http", "runtime",
}

// sources are what of GOROOT the tests of some packages read besides what go_mirage_*_exec takes along.
var sources = map[string][]string{
	"crypto/internal/fips140test": {"src/crypto/internal/entropy"},
	"go/build":                    {"src"},
	"go/importer":                 {"src"},
	"go/internal/srcimporter":     {"src"},
	"go/parser":                   {"src/go/printer"},
	"go/types":                    {"src"},
	"io/ioutil":                   {"src/io"},
	"math/big/internal/asmgen":    {"src/math/big"},
	"path/filepath":               {"src/path", "src/unicode"},
}

// list returns the packages of patterns that have tests, in the order in which to run them.
func (r *runner) list(arch string, patterns []string) ([]string, error) {
	var pkgs []string
	for _, pattern := range patterns {
		within := []string{pattern}
		if m := owner(pattern); m != nil && m.path == pattern {
			within = m.packages
		}
		some, err := r.tested(arch, pattern, within)
		if err != nil {
			return nil, err
		}
		pkgs = append(pkgs, some...)
	}
	slices.SortStableFunc(pkgs, func(a, b string) int { return slices.Index(late, a) - slices.Index(late, b) })
	return pkgs, nil
}

// tested returns the packages that have tests and match patterns in the folder for what is named. The target's own packages
// are in std too; test/run tests them.
func (r *runner) tested(arch, name string, patterns []string) ([]string, error) {
	const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
	dir, err := r.folder(name)
	if err != nil {
		return nil, err
	}
	cmd := r.toolchain.Command(target(arch), append([]string{"list", "-f", format}, patterns...)...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(pkg string) bool {
		return strings.HasPrefix(pkg, "mirage/") || strings.HasPrefix(pkg, "internal/mirage/")
	}), nil
}
