//go:build !linux || mirage

package main

// prepare has nothing to do: the disk and the network are ready when main starts.
func prepare() error { return nil }
