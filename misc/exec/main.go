package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"mirage.build/misc/cpio"
	"mirage.build/misc/vm"
)

func main() {
	os.Exit(run(filepath.Base(os.Args[0]), os.Args[1:]))
}

// run boots args[0] and returns the exit code.
func run(name string, args []string) int {
	if len(args) == 0 {
		fmt.Fprintf(os.Stderr, "usage: %s PROGRAM [arguments]\n", name)
		return 2
	}
	dir, err := os.MkdirTemp("", "mirage-")
	if err != nil {
		return failed(name, err)
	}
	defer os.RemoveAll(dir)
	c, err := config(args)
	if err != nil {
		return failed(name, err)
	}
	here, err := workingFolder()
	if err != nil {
		return failed(name, err)
	}
	if c.Initrd, err = initrd(dir, here); err != nil {
		return failed(name, err)
	}
	c.Words = append([]string{"arg0=" + args[0], "cwd=" + here}, environment(os.Environ())...)
	return vm.Run(name, c)
}

// workingFolder is the working directory without links in its path, which the machine does not have.
func workingFolder() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(here)
}

func failed(name string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	return vm.CodeFailed
}

// config is the machine that the environment's MIRAGE_ variables ask for.
func config(args []string) (c vm.Config, err error) {
	c = vm.Config{Image: args[0], Args: args[1:], Machine: os.Getenv("MIRAGE_MACHINE"), Accel: os.Getenv("MIRAGE_ACCEL")}
	memory, cpus := 512, 1
	if c.Machine == "raspi3b" {
		memory, cpus = 0, 0 // what the board has
	}
	if c.Memory, err = number("MIRAGE_MEM", memory); err != nil {
		return c, err
	}
	if c.CPUs, err = number("MIRAGE_SMP", cpus); err != nil {
		return c, err
	}
	if limit := os.Getenv("MIRAGE_TIMEOUT"); limit != "" {
		if c.TimeLimit, err = time.ParseDuration(limit); err != nil {
			return c, fmt.Errorf("MIRAGE_TIMEOUT: %w", err)
		}
	}
	return c, nil
}

// number is the value of an environment variable that holds a number of 0 or more.
func number(name string, byDefault int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return byDefault, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s=%s is not a number", name, text)
	}
	return int(n), nil
}

// filesOf returns the files for a program that runs in the folder here. A program that was started in a large folder seldom wants
// what is there: unless somebody said how much to take, all stays behind, and that is said.
func filesOf(here string) ([]string, error) {
	const byDefault = 64
	limit, err := number("MIRAGE_FILES", byDefault)
	if err != nil || limit == 0 {
		return nil, err
	}
	files, err := collect(here, goroot(), filepath.SplitList(os.Getenv("MIRAGE_TAKE")), int64(limit)<<20)
	if err == nil {
		return files, nil
	}
	err = fmt.Errorf("more than %d MiB of files in %s: MIRAGE_FILES=MiB takes more along, MIRAGE_FILES=0 none", limit, here)
	if os.Getenv("MIRAGE_FILES") != "" {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "mirage: the program has none of this folder's files:", err)
	return nil, nil
}

// initrd writes the files for a program that runs in the folder here to an initial RAM disk in dir.
func initrd(dir, here string) (string, error) {
	files, err := filesOf(here)
	if err != nil {
		return "", err
	}
	out, err := os.Create(filepath.Join(dir, "initrd"))
	if err != nil {
		return "", err
	}
	defer out.Close()
	w := cpio.NewWriter(out)
	if err := w.Folder(here, 0o755, time.Now()); err != nil {
		return "", err
	}
	for _, f := range files {
		if err := w.Add(f, f); err != nil {
			return "", err
		}
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return out.Name(), out.Close()
}

// goroot is the toolchain whose go command runs us: as it says, or beside us. "" if there is none.
func goroot() string {
	if dir := os.Getenv("GOROOT"); dir != "" {
		return dir
	}
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	dir := filepath.Join(filepath.Dir(self), "../build/go")
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}
