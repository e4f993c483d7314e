//go:build mirage

package runtime

// stackTraps is how much of the stack that runs Xen uses below it for a trap in a guest of the kind PV: eight words, and
// what aligns them (pv_mirage_amd64.go).
const stackTraps = 96
