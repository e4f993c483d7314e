// Package fat reads and writes FAT volumes: FAT12, FAT16 and FAT32 with long names (Microsoft, FAT: General Overview of On-Disk
// Format, 1.03; sections are its). What a caller sees, down to the error number, is what Linux's vfat shows.
//
// It is passive: it works on a Disk, whose bytes it reads and writes when it is called, and has no goroutine and no clock of its
// own. The system-call layer mounts volumes in the file tree; tests use files and models of disks that lose power.
//
// All that a volume says is checked before it is used, so that a damaged one gives errors and nothing worse. Memory is bounded by
// the cache (cache.go), and a bit for each cluster while a volume is checked.
//
// A volume may lose power at any time. FAT has no journal, so that the order of writes has to do (sync.go): what is on the disk
// never refers to what is not there yet, and nothing that something refers to is given to another. What Sync has reported done is
// there afterwards; what else a crash may leave, such as clusters that belong to nobody, Mount puts right (check.go).
package fat
