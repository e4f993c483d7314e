// Package boot boots programs on every kind of machine and checks that they find there what a Go program counts on:
// arguments, environment, files, streams, the network, time, memory, and an end with the right exit code.
package boot
