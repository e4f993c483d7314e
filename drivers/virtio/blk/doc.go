// Package blk drives virtio disks (virtio 1.2 section 5.2): reading, writing, flushing, discarding and zeroing, on as many queues
// as the device has and the machine CPUs, with the sizes and segments that it says.
//
// Package board opens a Device on a transport and makes it known to package device. What disks have in common is package
// disk's; here is what requests look like.
//
// Data goes through memory of the driver's, so that a device that has failed never writes to what belongs to somebody else. The
// device is not trusted: its configuration is checked, a status that is none and a read that is too short are errors of that
// request, a ring that fails ends the disk.
package blk
