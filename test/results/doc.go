// Package results is what test/std and test/go have in common: they run tests of the Go distribution for an hour or
// more, keep what they find out so that a run that was stopped goes on where it was, and leave out what is on a list,
// each line with its reason.
//
// It starts the go command of bin/ and reads what that says; it knows nothing of which tests there are.
package results
