// Package balloon gives Xen the memory that the toolstack does not want the machine to have any more, and gets it back, until the
// machine has what memory/target in the xenstore says (Xen, docs/misc/xenstore-paths.pandoc, "~/memory/target").
//
// Package board opens it; drivers/balloon is what is done when. A machine that was made with less than it may have at most begins
// with memory that is not there until it is touched (on x86): it gives back the difference at once.
package balloon
