// Package block reads and writes disks: the virtio and Xen disks of a machine, and on Linux block devices and files, with the same
// source.
//
//	d, err := block.Open("vda")
//	...
//	_, err = d.WriteAt(page, off)
//	err = d.Flush()
//
// A name without a slash is a disk or a partition of /dev, as List shows them, or a file of the working directory where there
// is no such; one with a slash is a path. A file is a disk of its own length.
//
// Offsets and lengths are bytes, in any piece; whole sectors are fastest. Calls may be made from any goroutine, and many at a
// time: that is how many requests get under way. A write that has returned is on the disk's medium only after Flush. There is no
// way to cancel a request, as there is none for files; a disk that does not answer fails by itself.
package block
