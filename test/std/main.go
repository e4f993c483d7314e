package main

import (
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mirage.build/misc/xen"
	"mirage.build/test/results"
)

//go:embed skip.txt
var skipText string

func main() {
	log.SetFlags(0)
	log.SetPrefix("std: ")
	archs := flag.String("arch", "amd64,arm64", "architectures, comma-separated")
	short := flag.Bool("short", false, "run short tests")
	parallel := flag.Int("p", 1, "how many packages to test at once")
	machine := flag.String("machine", "", "what to run them on, as MIRAGE_MACHINE names it: xen, raspi3b, …")
	again := flag.Bool("again", false, "forget earlier results")
	flag.Parse()
	patterns := flag.Args()
	if len(patterns) == 0 {
		patterns = []string{"std"}
		for _, m := range modules {
			patterns = append(patterns, m.path)
		}
	}
	root, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	r, err := newRunner(root, *short)
	if err != nil {
		log.Fatal(err)
	}
	if *machine != "" {
		r.machine = on(*machine)
		r.store.Dir += "-" + *machine
	}
	if *again {
		os.RemoveAll(r.store.Dir)
	}
	ok := true
	for _, arch := range strings.Split(*archs, ",") {
		passed, err := r.runAll(arch, patterns, *parallel)
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

// on is the environment that makes a machine of a kind.
func on(machine string) []string {
	env := []string{"MIRAGE_MACHINE=" + machine}
	switch machine {
	case "raspi3b":
		env = append(env, "MIRAGE_SMP=4") // no fewer can be had
	case "xen":
		env = append(env, "MIRAGE_ACCEL=icount") // else QEMU's own faults in it (xen.OwnClock) end most that take minutes
	}
	return env
}

// A runner runs packages' tests in machines and keeps the results.
type runner struct {
	toolchain results.Toolchain
	store     results.Store
	short     bool
	machine   []string // of the environment: what to run on, if that is not the default
	skips     []results.Skip
}

// newRunner returns one for the repository in root.
func newRunner(root string, short bool) (r *runner, err error) {
	r = &runner{store: results.Store{Dir: filepath.Join(root, "build/std")}, short: short}
	if r.toolchain, err = results.FindToolchain(root); err != nil {
		return nil, err
	}
	r.skips, err = results.ParseSkips(skipText)
	return r, err
}

// target is the environment of a go command for GOOS=mirage.
func target(arch string) []string { return []string{"GOOS=mirage", "GOARCH=" + arch} }

// runAll tests the packages of patterns that have no result yet, parallel of them at a time, and reports whether all have
// passed.
func (r *runner) runAll(arch string, patterns []string, parallel int) (bool, error) {
	pkgs, err := r.list(arch, patterns)
	if err != nil {
		return false, err
	}
	earlier := r.store.All()
	ok := true
	var todo []string
	for _, pkg := range pkgs {
		if result := earlier[results.Key{Arch: arch, Name: pkg}]; result.Settled(r.toolchain.Version) {
			fmt.Println(result)
		} else {
			todo = append(todo, pkg)
		}
	}
	answers := r.start(arch, todo, parallel)
	for range todo {
		a := <-answers
		if a.err == nil {
			a.err = r.store.Keep(a.Result)
		}
		if a.err != nil {
			return false, a.err
		}
		fmt.Println(a.Result)
		ok = ok && a.Failed == 0
	}
	return ok, nil
}

// An answer is what became of a package.
type answer struct {
	results.Result
	err error
}

// start begins to test packages, parallel of them at a time, and returns where there will be an answer for each.
func (r *runner) start(arch string, pkgs []string, parallel int) <-chan answer {
	next := make(chan string, len(pkgs))
	for _, pkg := range pkgs {
		next <- pkg
	}
	close(next)
	answers := make(chan answer)
	for range parallel {
		go func() {
			for pkg := range next {
				res, err := r.run(arch, pkg)
				answers <- answer{res, err}
			}
		}()
	}
	return answers
}

// run tests one package, once more when the emulated machine fails.
func (r *runner) run(arch, pkg string) (res results.Result, err error) {
	for range 3 {
		res, err = r.try(arch, pkg)
		if err != nil || res.Failed == 0 {
			break
		}
		if said, _ := os.ReadFile(r.store.LogName(results.Key{Arch: arch, Name: pkg})); !bytes.Contains(said, []byte(xen.InterruptWhileOff)) {
			break
		}
	}
	return res, err
}

// try is run, once.
func (r *runner) try(arch, pkg string) (results.Result, error) {
	res := results.Result{Arch: arch, Name: pkg, Version: r.toolchain.Version}
	skips, whole := results.Pattern(r.skips, pkg, arch)
	if whole {
		res.Note = "left out: skip.txt"
		return res, nil
	}
	args := []string{"test", "-json", "-vet=off", "-timeout", "60m", "-skip", skips}
	if r.short {
		args = append(args, "-short")
	}
	log, err := r.store.Log(results.Key{Arch: arch, Name: pkg})
	if err != nil {
		return res, err
	}
	defer log.Close()
	env := append(target(arch), r.machine...)
	if list := sources[pkg]; list != nil {
		folders := make([]string, len(list))
		for i, name := range list {
			folders[i] = filepath.Join(r.toolchain.GOROOT, name)
		}
		env = append(env, "MIRAGE_FILES=256", "MIRAGE_TAKE="+strings.Join(folders, string(filepath.ListSeparator)))
	}
	cmd := r.toolchain.Command(env, append(args, pkg)...)
	if cmd.Dir, err = r.folder(pkg); err != nil {
		return res, err
	}
	cmd.Stderr = os.Stderr
	start := time.Now()
	err = results.Events(cmd, func(e results.Event) { add(&res, e, log) })
	if err != nil && res.Failed == 0 {
		res.Failed++
		res.Note = "the package failed as a whole: " + filepath.Base(log.Name())
	}
	res.Seconds = time.Since(start).Seconds()
	return res, nil
}

// add counts an event and copies output to log.
func add(res *results.Result, e results.Event, log *os.File) {
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

// writeTable writes all results to RESULTS.md, with what was left out.
func (r *runner) writeTable() error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Go's own tests in machines\n\nWritten by test/std with %s, emulated in software.\n\n", r.toolchain.Version)
	b.WriteString("| package | arch | passed | failed | skipped by itself | seconds | |\n|---|---|---|---|---|---|---|\n")
	for _, res := range r.store.Sorted() {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %.0f | %s |\n", res.Name, res.Arch, res.Passed, res.Failed, res.Skipped, res.Seconds, res.Note)
	}
	b.WriteString("\nModules:\n\n")
	for _, m := range modules {
		fmt.Fprintf(&b, "- %s %s\n", m.path, m.version)
	}
	b.WriteString("\nLeft out:\n\n")
	for _, s := range r.skips {
		fmt.Fprintf(&b, "- %s %s %s: %s\n", s.Package, s.Test, s.Arch, s.Reason)
	}
	return os.WriteFile(filepath.Join(r.store.Dir, "RESULTS.md"), []byte(b.String()), 0o666)
}
