package results

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Toolchain is the go command of bin/.
type Toolchain struct {
	Root    string // the repository
	GOROOT  string
	Version string // results of another do not count
}

// FindToolchain returns that of the repository whose root is given.
func FindToolchain(root string) (Toolchain, error) {
	t := Toolchain{Root: root}
	if _, err := os.Stat(filepath.Join(root, "bin/go")); err != nil {
		return t, fmt.Errorf("run this in the repository's root, after make.bash: %w", err)
	}
	out, err := t.Command(nil, "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return t, err
	}
	t.GOROOT, t.Version, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	return t, nil
}

// Command returns a go command in the repository's root. Its machines have a gigabyte and two CPUs: with one,
// encoding/gob's count of allocations fails on any system.
func (t Toolchain) Command(env []string, args ...string) *exec.Cmd {
	bin := filepath.Join(t.Root, "bin")
	cmd := exec.Command(filepath.Join(bin, "go"), args...)
	cmd.Dir = t.Root
	// A go command that runs a test sets GOROOT and GOOS for it; the inner one is to find its own.
	cmd.Env = append(os.Environ(), "GOROOT=", "GOOS=", "GOARCH=", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false",
		"MIRAGE_MEM=1024", "MIRAGE_SMP=2", "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// An Event is a line of `go test -json`: `go doc test2json`.
type Event struct {
	Action, Test, Output string
	Elapsed              float64
}

// Events runs a command of `go test -json` and gives each event to f. The error is the command's.
func Events(cmd *exec.Cmd, f func(Event)) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadBytes('\n')
		var e Event
		if json.Unmarshal(line, &e) == nil {
			f(e)
		}
		if err != nil {
			io.Copy(io.Discard, out)
			return cmd.Wait()
		}
	}
}
