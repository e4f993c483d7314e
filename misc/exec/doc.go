// Command exec is bin/go_mirage_amd64_exec and bin/go_mirage_arm64_exec: what `GOOS=mirage go run` and `go test` run a
// program with when it is on PATH (`go help run`).
//
//	go_mirage_amd64_exec PROGRAM [arguments]
//
// The program boots in QEMU. Arguments, standard streams, the exit code and signals (as with `mirage run`) come through. So
// do:
//
//   - The environment, but for what describes this host: PATH, HOME, TMPDIR, what a shell, terminal or desktop sets,
//     and the settings of the go command (files.go and environment.go have the rules).
//   - The files of the working directory, at the same path, with what tests there commonly open besides: testdata of
//     the folders above up to the module's root and of the folders beside, go.mod, and GOROOT's zoneinfo.zip. Changes
//     stay in the machine.
//
// Variables of its own: MIRAGE_MEM (MiB, default 512), MIRAGE_SMP (CPUs, default 1), MIRAGE_FILES (the most MiB of
// files to take along; 0 takes none; by default 64, and none of a folder that has more), MIRAGE_TAKE (files and folders
// to take along besides, with the separators of PATH), MIRAGE_TIMEOUT (a time limit, such as 90s), MIRAGE_MACHINE (QEMU's
// machine, or xen or xenpv; raspi3b has memory and CPUs of its own) and MIRAGE_ACCEL (kvm or tcg; with xen also icount:
// the clock goes by what is executed, so that nothing is late when the host has more to do).
package main
