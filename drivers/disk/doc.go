// Package disk is what drivers of disks share: it cuts reads and writes into requests as large as the device takes, keeps as many
// of them under way as its rings hold, and wakes who waits for one. What a request looks like to a device is the driver's, a
// Ring; packages virtio/blk and xen/blkfront have one.
//
// A Disk is a device.Block. Callers are goroutines that wait; the requests of all of them are under way together, and those of
// one long read or write too. Per ring there is one goroutine more, which takes answers.
//
// The device is not trusted to answer: a request without an answer for a minute ends the disk, with an error for all who wait.
package disk
