package image

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// A closure is a function that a source gives to onTrapStack: a literal, or a function by its name.
type closure struct {
	file        string
	first, last int    // the lines of a literal
	name        string // of one that has a name
}

// trapClosures returns the closures given to onTrapStack in the Go files that match a pattern.
func trapClosures(pattern string) ([]closure, error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	var found []closure
	set := token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); !ok || f.Name != "onTrapStack" {
				return true
			}
			arg := call.Args[0]
			c := closure{file: filepath.Base(name), first: set.Position(arg.Pos()).Line, last: set.Position(arg.End()).Line}
			if f, ok := arg.(*ast.Ident); ok {
				c.name = file.Name.Name + "." + f.Name
			}
			found = append(found, c)
			return true
		})
	}
	return found, nil
}

// is reports whether a function of an image, whose code begins at a line of a file, is c. What is written within c is
// taken for it too; so is each copy of it, where what it is written in was inlined.
func (c closure) is(function, file string, line int) bool {
	if c.name != "" {
		return function == c.name
	}
	return strings.Contains(function, ".func") && filepath.Base(file) == c.file && c.first <= line && line <= c.last
}
