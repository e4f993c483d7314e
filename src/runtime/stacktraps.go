//go:build !mirage || !amd64

package runtime

// stackTraps is nothing where traps have stacks of their own.
const stackTraps = 0
