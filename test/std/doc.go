// Command std runs the Go distribution's own tests in machines, and those of modules of golang.org/x.
//
//	bin/go run ./test/std [-arch amd64,arm64] [-machine xen] [-short] [-p 2] [-again] [package...]
//
// Without packages it is all of std and of the modules that modules.go lists; the name of one of these is that module alone.
//
// Each package's test binary is an image, which go_mirage_amd64_exec or go_mirage_arm64_exec boots. Results are kept
// in build/std, one line for each package: a run that was stopped goes on where it was, and -again starts anew. At the
// end all results are written to build/std/RESULTS.md as a table. The exit code is 1 if anything failed. With -machine xen, or another
// that MIRAGE_MACHINE may name, the folder is build/std-xen.
//
// skip.txt lists the tests that are left out, each with its reason.
package main
