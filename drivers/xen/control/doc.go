// Package control passes on what the toolstack asks of the machine as a whole (Xen, docs/misc/xenstore-paths.pandoc,
// "~/control/"): to end, as `xl shutdown` does, and to be suspended, as `xl save` and `xl migrate` do. It says in the xenstore that
// this works; a reboot, which does not, it leaves without an answer.
//
// Package board opens it.
package control
