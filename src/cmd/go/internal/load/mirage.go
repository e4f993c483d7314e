package load

import (
	"go/parser"
	"go/token"
	"path/filepath"

	"cmd/go/internal/cfg"
)

// leftOutForCgo reports whether p, which has no Go files to build, would have some if GOOS=mirage had cgo.
func leftOutForCgo(p *Package) bool {
	if cfg.Goos != "mirage" {
		return false
	}
	for _, name := range p.IgnoredGoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, spec := range f.Imports {
			if spec.Path.Value == `"C"` {
				return true
			}
		}
	}
	return false
}
