//go:build !mirage

package i2c

// find finds none: it is a test's affair.
var find = func(number int) controller { return nil }
