package layout

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"mirage.build/test/harness"
)

// The walk of a packet in README.md names files and functions: they must be there. A name in backquotes that follows a
// file is a function of it, others that follow are of the same file.
func TestWalk(t *testing.T) {
	root := harness.Root(t)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)## The walk of a packet\n(.*?)\n## `).FindSubmatch(readme)
	if section == nil {
		t.Fatal("README.md has no walk of a packet")
	}
	file, steps := "", 0
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllSubmatch(section[1], -1) {
		name := string(m[1])
		if filepath.Ext(name) == ".go" {
			file = name
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Error(err)
			continue
		}
		function := regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + regexp.QuoteMeta(name) + `\(`)
		if !function.Match(text) {
			t.Errorf("%s has no function %s", file, name)
		}
		steps++
	}
	if steps < 15 {
		t.Errorf("only %d steps", steps)
	}
}
