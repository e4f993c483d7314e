// Package machine is what the library OS gets from the runtime below it: what the boot found, pages that a
// device can reach, interrupt lines, the console of last resort, and the ends of the system-call path.
//
// It holds no policy. On GOOS=mirage each function is the runtime's, joined by name; on any other system
// (host tests) only the parts that make sense there exist. Everything under internal/mirage that needs the
// runtime goes through here, so this page is the whole contract between the two.
package machine
