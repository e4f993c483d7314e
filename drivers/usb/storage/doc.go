// Package storage drives disks on the USB, such as memory sticks: the Bulk-Only Transport 1.0 ("BOT") carries SCSI's commands (SPC-4
// and SBC-3, whose sections are of the T10's drafts r37a and r36). Each unit of a device that has a medium is a device.Block, named
// sda and so on.
//
// A device is not trusted: each status wrapper is checked against what was asked, and one that makes no sense is answered with a
// reset of the transport. After three of those in a row the disk is given up. A disk whose medium was changed is gone, as one that
// is unplugged: what is written to the new one must be meant for it.
package storage
