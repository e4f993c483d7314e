// Package blkfront drives the disks of a Xen guest (xen/include/public/io/blkif.h): rings of two pages where the back end takes
// them, several where it offers that, indirect segments, flushing its cache and discarding.
//
// Package board opens a Device for each that package bus finds, and makes it known to package device. What disks have in common
// is package disk's; here is what requests look like, and how a back end comes and goes.
//
// Data goes through pages of the driver's, which are shared once, zeroed, and hold nothing but what goes to the disk or comes
// from it; the back end may keep them mapped (feature-persistent). When it closes, requests wait; when it is there again within a
// minute, those that it had not answered are asked again, and nobody else notices.
//
// The back end is not trusted: names are checked, an answer to what was not asked ends the disk, what it says of the disk's form
// too if it makes no sense. What the disk had of grants, channels and lines is given back at its end.
package blkfront
