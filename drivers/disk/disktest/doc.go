// Package disktest has what the tests of disks' drivers share: a Medium, which is what a model of a device keeps its data on, and
// Run, the tests that every driver passes. Nothing but tests imports it.
package disktest
