// Command go runs the Go release's own test/ directory in machines: programs that must print what is expected or
// nothing, and what the compiler must accept, refuse or make of a source.
//
//	bin/go run ./test/go [-arch amd64,arm64] [-run 'fixedbugs/issue1'] [-programs] [-p 2] [-again]
//
// The release's own cmd/internal/testdir does it, with -target mirage/ARCH: the programs are images, which
// go_mirage_amd64_exec or go_mirage_arm64_exec boots. Results are kept in build/gotest, one line for each file: a run that
// was stopped goes on where it was, and -again starts anew. At the end a table by kind of test is written to
// build/gotest/RESULTS.md. The exit code is 1 if anything failed.
//
// GOOS=mirage satisfies the build tag linux. cmd/internal/testdir does not know, and skips what is for linux; a second
// pass runs those tests.
//
// skip.txt lists the tests that are left out, each with its reason. The test of this package runs a sample.
//
// A release that comes as the toolchain module has no test/ directory: there is nothing to run then.
package main
