package layout

import (
	"bytes"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// sources are the folders with Go files.
var sources = []string{"src", "boot", "drivers", "misc", "test"}

func TestFormatted(t *testing.T) {
	root := harness.Root(t)
	for _, dir := range sources {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
				return err
			}
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			want, err := format.Source(text)
			if err != nil || !bytes.Equal(text, want) {
				t.Errorf("%s is not as gofmt has it: %v", strings.TrimPrefix(p, root+"/"), err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestVet(t *testing.T) {
	for _, target := range []struct {
		goos, goarch string
		packages     []string
	}{
		{"linux", "amd64", []string{"internal/mirage/...", "mirage/...", "./..."}},
		{"mirage", "amd64", []string{"internal/mirage/...", "mirage/...", "./misc/examples/...", "./test/guest/..."}},
		{"mirage", "arm64", []string{"internal/mirage/...", "mirage/...", "./misc/examples/...", "./test/guest/..."}},
	} {
		t.Run(target.goos+"/"+target.goarch, func(t *testing.T) {
			env := []string{"GOOS=" + target.goos, "GOARCH=" + target.goarch, "CGO_ENABLED=0"}
			if text, err := harness.Go(t, "", env, append([]string{"vet"}, target.packages...)...).CombinedOutput(); err != nil {
				t.Errorf("go vet: %v\n%s", err, text)
			}
		})
	}
}
