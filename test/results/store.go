package results

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Result is that of one package, or of one file of tests, on one architecture.
type Result struct {
	Arch, Name              string
	Version                 string // the toolchain's
	Passed, Failed, Skipped int    // tests and subtests
	Seconds                 float64
	Note                    string // what failed, or why it was left out
}

// A Key says whose result it is.
type Key struct{ Arch, Name string }

func (res Result) String() string {
	state := "ok  "
	if res.Failed > 0 {
		state = "FAIL"
	}
	return fmt.Sprintf("%s %s %s: %d passed, %d failed, %d skipped, %.1f s %s",
		state, res.Arch, res.Name, res.Passed, res.Failed, res.Skipped, res.Seconds, res.Note)
}

// Settled reports whether nothing is to be found out any more: the result is of this version and no failure.
func (res Result) Settled(version string) bool { return res.Version == version && res.Failed == 0 }

// A Store is a folder with results and logs.
type Store struct{ Dir string }

func (s Store) file() string { return filepath.Join(s.Dir, "results.json") }

// All reads what was kept; a later result takes the place of an earlier.
func (s Store) All() map[Key]Result {
	all := make(map[Key]Result)
	f, err := os.Open(s.file())
	if err != nil {
		return all
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		var res Result
		if json.Unmarshal(in.Bytes(), &res) == nil {
			all[Key{res.Arch, res.Name}] = res
		}
	}
	return all
}

// Sorted returns all results by name, then by architecture.
func (s Store) Sorted() []Result {
	var all []Result
	for _, res := range s.All() {
		all = append(all, res)
	}
	slices.SortFunc(all, func(a, b Result) int { return strings.Compare(a.Name+" "+a.Arch, b.Name+" "+b.Arch) })
	return all
}

// Keep adds a result to those kept.
func (s Store) Keep(res Result) error {
	line, err := json.Marshal(res)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir, 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(s.file(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(append(line, '\n'))
	return err
}

// Log makes the file for the output of what has this key.
func (s Store) Log(k Key) (*os.File, error) {
	if err := os.MkdirAll(s.Dir, 0o777); err != nil {
		return nil, err
	}
	return os.Create(s.LogName(k))
}

// LogName is the name of the file that Log makes.
func (s Store) LogName(k Key) string {
	return filepath.Join(s.Dir, k.Arch+"-"+strings.ReplaceAll(k.Name, "/", "-")+".log")
}
