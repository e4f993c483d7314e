//go:build mirage

package linuxabi

import "internal/mirage/machine"

// What the runtime does for this package.

func accessible(p, n uintptr, write bool) bool { return machine.Accessible(p, n, write) }
func nanotime() int64                          { return machine.Nanotime() }
func wallClock() int64                         { return machine.WallClock() }
func setWallClock(ns int64)                    { machine.SetWallClock(ns) }
func random(p []byte)                          { machine.Random(p) }
func addEntropy(p []byte)                      { machine.AddEntropy(p) }
func memory() (total, free uint64)             { return machine.Memory() }
func lastResort(p []byte)                      { machine.ConsoleWrite(p) }
func pollReady(desc uintptr, mode int32)       { machine.Ready(desc, mode) }
func signalMachine(sig uint32)                 { machine.Signal(sig) }
func exitMachine(code int32)                   { machine.Exit(code) }
