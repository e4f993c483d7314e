// Package fat makes FAT32 volumes with files in them, for cards that a Raspberry Pi's firmware boots from (Microsoft, FAT: General
// Overview of On-Disk Format, 1.03; sections are its).
//
// A volume is made once, from nothing, each file in one piece; what a running program does with one is another package's affair.
// misc/mirage uses it. It runs on the host and never within an image.
package fat
