// Command toolchain makes build/go, a Go toolchain that knows GOOS=mirage, and the commands in bin/.
//
// make.bash runs it with the pinned base release, which it has found and which also compiles this program:
//
//	toolchain BASE   (in the repository's root; BASE is the GOROOT of the base release)
//
// When the patches or the tools' own sources have changed, it makes a whole new tree in build/go.new (the base,
// then runtime-patches/, then src/, boot/ and drivers/ laid over it, then go, compile, asm and link rebuilt) and
// renames it into place last. Otherwise it brings the laid-over files of the present tree up to date, comparing
// contents. It never changes the base release and never trusts a tree that was not finished.
package main
