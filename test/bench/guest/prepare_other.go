//go:build !linux || mirage

package main

// prepare has nothing to do: the disk and the network are ready when main starts.
func prepare() error { return nil }

func prepareDisk(string) error { return nil }

// powerOff has nothing to do: a machine ends with its program.
func powerOff() {}
