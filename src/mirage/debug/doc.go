// Package debug shows what goes on in a machine: its connections with their queues, memory, CPUs, interrupts, devices with
// their drivers, network cards, and all that the network counts. A program mounts it beside what else it serves:
//
//	mux.Handle("/debug/mirage/", debug.Handler())
//
// Who asks with a browser gets a page that draws the course of things; state below it is the same as JSON, and ss a listing of
// the sockets as text, for curl. Importing the package also publishes the network's counters as the variable "snmp" of package
// expvar (which serves them, as is its custom, at /debug/vars of http.DefaultServeMux), under the names that RFC 4293, RFC 4022,
// RFC 4113 and Linux have for them. Profiles are package net/http/pprof's, as everywhere.
//
// All is read from /proc and /sys, so that the same source shows a program on Linux: there the whole machine, and the sockets of
// all its programs. Elsewhere only what the Go runtime knows is shown. Whoever can reach the page sees addresses of peers and what
// is linked: it does not belong on a public address.
package debug
