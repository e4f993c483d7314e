// Package control passes on what the toolstack asks of the machine as a whole (Xen, docs/misc/xenstore-paths.pandoc,
// "~/control/"): to end, as `xl shutdown` does, to end for a new beginning, as `xl reboot` does, and to be suspended, as `xl save` and
// `xl migrate` do. It says in the xenstore what of that works; the rest it leaves without an answer.
//
// Package board opens it.
package control
