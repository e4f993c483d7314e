//go:build !mirage

package linuxabi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A listed call is a row of SYSCALLS.md.
type listedCall struct{ number, state, text string }

var listing = regexp.MustCompile(`(?m)^\| ([a-z0-9_]+) \| ([0-9]+|-) \| ([0-9]+|-) \| (\S*) \|(.*)\|$`)

// listed reads SYSCALLS.md for an architecture.
func listed(t *testing.T, arch string) map[string]listedCall {
	text, err := os.ReadFile("SYSCALLS.md")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]listedCall)
	for _, m := range listing.FindAllStringSubmatch(string(text), -1) {
		if _, twice := all[m[1]]; twice {
			t.Errorf("%s is listed twice", m[1])
		}
		number := m[2]
		if arch == "arm64" {
			number = m[3]
		}
		all[m[1]] = listedCall{number, m[4], strings.TrimSpace(m[5])}
	}
	return all
}

// numbers reads the system-call numbers of an architecture.
func numbers(t *testing.T, arch string) map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "linux/sysnum_"+arch+".go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			name := strings.ToLower(strings.TrimPrefix(v.Names[0].Name, "SYS_"))
			all[name] = v.Values[0].(*ast.BasicLit).Value
		}
		return true
	})
	return all
}

// served reads which calls are in an architecture's tables.
func served(t *testing.T, arch string) map[string]bool {
	all := make(map[string]bool)
	for _, name := range []string{"table.go", "table_" + arch + ".go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`linux\.SYS_(\w+):`).FindAllStringSubmatch(string(text), -1) {
			all[strings.ToLower(m[1])] = true
		}
	}
	return all
}

// TestSyscallList: SYSCALLS.md lists each number that there is, once; what it calls ENOSYS is what is in no table, and
// what is not whole says what it lacks.
func TestSyscallList(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		page, tables, known := listed(t, arch), served(t, arch), numbers(t, arch)
		for name, number := range known {
			c, ok := page[name]
			switch {
			case !ok:
				t.Errorf("%s: %s is not listed", arch, name)
			case c.number != number:
				t.Errorf("%s: %s is listed as %s, and is %s", arch, name, c.number, number)
			case c.state != "done" && c.state != "partial" && c.state != "refused":
				t.Errorf("%s: %s is %q", arch, name, c.state)
			case c.state != "done" && c.text == "":
				t.Errorf("%s: %s is %s without a reason", arch, name, c.state)
			case (c.state == "refused" && strings.HasPrefix(c.text, "ENOSYS")) == tables[name]:
				t.Errorf("%s: %s is listed as %s %s; that it is in the table is %v", arch, name, c.state, c.text, tables[name])
			}
		}
		for name, c := range page {
			if _, ok := known[name]; !ok && c.number != "-" {
				t.Errorf("%s: %s is listed, and has no number", arch, name)
			}
		}
		for name := range tables {
			if _, ok := known[name]; !ok {
				t.Errorf("%s: %s is in the table, and has no number", arch, name)
			}
		}
	}
}
