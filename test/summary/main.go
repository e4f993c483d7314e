// Command summary reads what `go test -json` says, of one run or of several one after the other, and prints what a
// person wants to know: each package's result, the output of what failed, what was skipped and why, the end of each
// failure's output once more, and a last line
//
//	N passed, N failed
//
// Tests and subtests count alike; a package that fails by itself (it does not build, say) counts as one failed. Lines
// that are not JSON are printed as they are. The exit code is 1 if anything failed or nothing ran.
//
// test/run pipes everything through it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		os.Exit(1)
	}
	if !s.close() {
		os.Exit(1)
	}
}

// lastLines is how much of a failure's output is repeated at the end.
const lastLines = 15

// An event is one line of `go test -json`: `go doc test2json` and `go help buildjson`.
type event struct {
	Action     string
	Package    string
	Test       string
	ImportPath string // of a build's output, in place of Package
	Elapsed    float64
	Output     string
}

// A test is one test of one package; its name is "" for the package as a whole.
type test struct{ pkg, name string }

type summary struct {
	out            io.Writer
	output         map[test]*strings.Builder
	failedIn       map[string]int // tests that failed, by package
	skipped        []string
	failures       []string // what each said last
	passed, failed int
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: make(map[test]*strings.Builder), failedIn: make(map[string]int)}
}

func (s *summary) read(in io.Reader) error {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) == nil && e.Action != "":
			s.add(e)
		default:
			fmt.Fprint(s.out, line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) add(e event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "output":
		if s.output[t] == nil {
			s.output[t] = new(strings.Builder)
		}
		s.output[t].WriteString(e.Output)
	case "pass", "fail", "skip":
		s.end(t, e)
		delete(s.output, t)
	}
}

// end counts a test or a package that has ended.
func (s *summary) end(t test, e event) {
	whole := t.name == ""
	switch {
	case e.Action == "fail" && whole:
		if s.failedIn[t.pkg] == 0 {
			s.fail(t)
		}
		delete(s.failedIn, t.pkg)
		fmt.Fprintf(s.out, "FAIL %s %.1fs\n", t.pkg, e.Elapsed)
	case e.Action == "fail":
		s.failedIn[t.pkg]++
		s.fail(t)
	case whole && e.Action == "pass":
		fmt.Fprintf(s.out, "ok   %s %.1fs\n", t.pkg, e.Elapsed)
	case whole: // no tests in it
	case e.Action == "skip":
		s.skipped = append(s.skipped, t.pkg+" "+t.name+": "+s.reason(t))
	default:
		s.passed++
	}
}

// fail counts a failure and prints what it said, whose end is kept to be said again: a reader looks at the end first.
func (s *summary) fail(t test) {
	s.failed++
	last := "FAIL " + strings.TrimSpace(t.pkg+" "+t.name) + "\n"
	if text := s.output[t]; text != nil {
		fmt.Fprint(s.out, text.String())
		lines := strings.SplitAfter(text.String(), "\n")
		last += strings.Join(lines[max(0, len(lines)-lastLines):], "")
	}
	s.failures = append(s.failures, last)
}

// reason is what a skipped test said.
func (s *summary) reason(t test) string {
	text := s.output[t]
	if text == nil {
		return ""
	}
	var said []string
	for line := range strings.Lines(text.String()) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

// close prints the end and reports whether all is well.
func (s *summary) close() bool {
	for _, line := range s.skipped {
		fmt.Fprintln(s.out, "skipped", line)
	}
	for _, text := range s.failures {
		fmt.Fprint(s.out, text)
	}
	fmt.Fprintf(s.out, "%d passed, %d failed\n", s.passed, s.failed)
	return s.failed == 0 && s.passed > 0
}
