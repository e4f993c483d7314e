package main

import (
	_ "embed"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"mirage.build/test/results"
)

//go:embed skip.txt
var skipText string

func main() {
	log.SetFlags(0)
	log.SetPrefix("go: ")
	archs := flag.String("arch", "amd64,arm64", "architectures, comma-separated")
	run := flag.String("run", "", "run only the files whose name matches this `expression`")
	programs := flag.Bool("programs", false, "run only the tests that run a program")
	parallel := flag.Int("p", runtime.NumCPU(), "how many tests to run at once")
	again := flag.Bool("again", false, "forget earlier results")
	flag.Parse()
	match, err := regexp.Compile(*run)
	if err != nil {
		log.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	r, err := newRunner(root, *parallel)
	if err != nil {
		log.Fatal(err)
	}
	if *again {
		os.RemoveAll(r.store.Dir)
	}
	if ok, err := r.runAll(strings.Split(*archs, ","), match, *programs); err != nil {
		log.Fatal(err)
	} else if !ok {
		os.Exit(1)
	}
}

// A runner runs tests in machines and keeps the results.
type runner struct {
	toolchain results.Toolchain
	store     results.Store
	skips     []results.Skip
	files     []file
	parallel  int
}

func newRunner(root string, parallel int) (*runner, error) {
	r := &runner{store: results.Store{Dir: filepath.Join(root, "build/gotest")}, parallel: parallel}
	var err error
	if r.toolchain, err = results.FindToolchain(root); err != nil {
		return nil, err
	}
	if r.skips, err = results.ParseSkips(skipText); err != nil {
		return nil, err
	}
	r.files, err = listFiles(filepath.Join(r.toolchain.GOROOT, "test"))
	return r, err
}

// runAll runs the tests that match and have no result yet, and reports whether all have passed.
func (r *runner) runAll(archs []string, match *regexp.Regexp, programs bool) (bool, error) {
	ok := true
	for _, arch := range archs {
		earlier := r.store.All()
		var files []file
		for _, f := range r.files {
			res, done := earlier[results.Key{Arch: arch, Name: f.name}]
			switch {
			case !match.MatchString(f.name) || programs && !f.runs() || leftOut(r.skips, f.name, arch):
			case done && res.Settled(r.toolchain.Version):
			default:
				files = append(files, f)
			}
		}
		log.Printf("%s: %d tests to run", arch, len(files))
		err := r.run(arch, files, func(res results.Result, output string) error {
			ok = ok && res.Failed == 0
			fmt.Println(res)
			return r.keep(res, output)
		})
		if err != nil {
			return false, err
		}
	}
	return ok, r.writeTable(archs)
}

// keep adds a result to those kept, and what a failed test has said.
func (r *runner) keep(res results.Result, output string) error {
	if res.Failed > 0 {
		log, err := r.store.Log(results.Key{Arch: res.Arch, Name: res.Name})
		if err != nil {
			return err
		}
		defer log.Close()
		log.WriteString(output)
	}
	return r.store.Keep(res)
}

// leftOut reports whether the list of skips has a test.
func leftOut(skips []results.Skip, name, arch string) bool {
	for _, s := range skips {
		if s.On(arch) && filepath.Join(s.Package, s.Test) == name {
			return true
		}
	}
	return false
}
