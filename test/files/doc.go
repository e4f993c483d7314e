// Package files tests FAT volumes in machines: that programs' files work on every kind of disk, that a random program has the same
// answers as on Linux, whose vfat is asked in a machine of its own, and that cuts of power lose nothing that was synced.
//
//	FILES_CUTS=100 FILES_OPERATIONS=10000 go test -v -timeout 60m ./test/files
//
// is as long as one likes. fsck.vfat, mkfs.vfat and mtools are needed (dosfstools, mtools), and for Linux the packages that
// test/xen downloads.
package files
