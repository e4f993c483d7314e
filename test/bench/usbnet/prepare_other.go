//go:build !linux || mirage

package main

// prepare has nothing to do: the network is ready when main starts.
func prepare() error { return nil }
