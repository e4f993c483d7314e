package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("std: ")
	archs := flag.String("arch", "amd64,arm64", "architectures, comma-separated")
	short := flag.Bool("short", false, "run short tests")
	again := flag.Bool("again", false, "forget earlier results")
	flag.Parse()
	patterns := flag.Args()
	if len(patterns) == 0 {
		patterns = packages
	}
	r, err := newRunner(*short)
	if err != nil {
		log.Fatal(err)
	}
	if *again {
		os.RemoveAll(r.dir)
	}
	ok := true
	for _, arch := range strings.Split(*archs, ",") {
		passed, err := r.runAll(arch, patterns)
		if err != nil {
			log.Fatal(err)
		}
		ok = ok && passed
	}
	if err := r.writeTable(); err != nil {
		log.Fatal(err)
	}
	if !ok {
		os.Exit(1)
	}
}

// A runner runs packages' tests in machines and keeps the results.
type runner struct {
	root    string // the repository
	dir     string // where results are kept
	version string // the toolchain's; results of another do not count
	short   bool
	skips   []skip
}

func newRunner(short bool) (*runner, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "bin/go")); err != nil {
		return nil, fmt.Errorf("run this in the repository's root, after make.bash: %w", err)
	}
	r := &runner{root: root, dir: filepath.Join(root, "build/std"), short: short}
	if r.skips, err = parseSkips(skipText); err != nil {
		return nil, err
	}
	version, err := r.gocmd("amd64", "env", "GOVERSION").Output()
	r.version = strings.TrimSpace(string(version))
	return r, err
}

// gocmd returns a go command for GOOS=mirage. The machines have two CPUs: with one, encoding/gob's count of allocations
// fails on any system.
func (r *runner) gocmd(arch string, args ...string) *exec.Cmd {
	bin := filepath.Join(r.root, "bin")
	cmd := exec.Command(filepath.Join(bin, "go"), args...)
	cmd.Env = append(os.Environ(), "GOROOT=", "GOOS=mirage", "GOARCH="+arch, "CGO_ENABLED=0", "MIRAGE_MEM=1024", "MIRAGE_SMP=2",
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return cmd
}

// runAll tests the packages of patterns that have no result yet, and reports whether all have passed.
func (r *runner) runAll(arch string, patterns []string) (bool, error) {
	list, err := r.gocmd(arch, append([]string{"list"}, patterns...)...).Output()
	if err != nil {
		return false, fmt.Errorf("go list: %w", err)
	}
	earlier := r.results()
	ok := true
	for _, pkg := range strings.Fields(string(list)) {
		result, done := earlier[key{arch, pkg}]
		if !done || result.Version != r.version || result.Failed > 0 {
			if result, err = r.run(arch, pkg); err != nil {
				return false, err
			}
			if err := r.keep(result); err != nil {
				return false, err
			}
		}
		fmt.Println(result)
		ok = ok && result.Failed == 0
	}
	return ok, nil
}

// run tests one package.
func (r *runner) run(arch, pkg string) (result, error) {
	res := result{Arch: arch, Package: pkg, Version: r.version}
	skips, whole := pattern(r.skips, pkg, arch)
	if whole {
		res.Note = "left out: skip.txt"
		return res, nil
	}
	args := []string{"test", "-json", "-timeout", "60m", "-skip", skips}
	if r.short {
		args = append(args, "-short")
	}
	cmd := r.gocmd(arch, append(args, pkg)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return res, err
	}
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return res, err
	}
	logFile, err := os.Create(r.logName(arch, pkg))
	if err != nil {
		return res, err
	}
	defer logFile.Close()
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		res.add(in.Bytes(), logFile)
	}
	if err := cmd.Wait(); err != nil && res.Failed == 0 {
		res.Failed++
		res.Note = "the package failed as a whole: " + filepath.Base(logFile.Name())
	}
	res.Seconds = time.Since(start).Seconds()
	return res, in.Err()
}

// logName is the file for a package's output. It makes the folder.
func (r *runner) logName(arch, pkg string) string {
	os.MkdirAll(r.dir, 0o777)
	return filepath.Join(r.dir, arch+"-"+strings.ReplaceAll(pkg, "/", "-")+".log")
}

// add counts one line of `go test -json` and copies output to log.
func (res *result) add(line []byte, log *os.File) {
	var e struct{ Action, Test, Output string }
	if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
		return
	}
	switch {
	case e.Output != "":
		log.WriteString(e.Output)
	case e.Test == "":
	case e.Action == "pass":
		res.Passed++
	case e.Action == "skip":
		res.Skipped++
	case e.Action == "fail":
		res.Failed++
		res.Note = strings.TrimSpace(res.Note + " " + e.Test)
	}
}
