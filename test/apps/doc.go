// Package apps boots servers that people have, unmodified, and drives each with a real client.
//
//	bin/go test ./test/apps                                    # three of them, for CI
//	bin/go test ./test/apps -all -timeout 3h                   # all, on both architectures
//	bin/go test ./test/apps -all -run 'Apps/coredns/arm64'     # one
//
// A server comes from its module at the version that servers.go says, as `go install PATH@VERSION` gets it, and has
// nothing but flags and the files of its root. What is a package and wants a main has one in programs/, a module of its own that
// imports nothing of ours; so have the clients that are no commands of their own (programs/clients).
// Everything is fetched by the go command into its caches, and what is built is kept in build/apps. Where a module cannot be
// fetched the test is skipped and says so, and so it is where a client is not installed.
package apps
