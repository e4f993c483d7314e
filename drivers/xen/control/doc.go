// Package control passes on what the toolstack asks of the machine as a whole (Xen, docs/misc/xenstore-paths.pandoc,
// "~/control/"): to end, as `xl shutdown` does. It says in the xenstore that this works; reboot and suspension, which do not, it
// leaves without an answer.
//
// Package board opens it.
package control
