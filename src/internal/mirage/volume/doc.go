// Package volume makes of a disk (device.Block), which moves whole sectors, what programs expect: numbered bytes that are read
// and written in any piece, and the partitions that a table on it names (MBR and GPT, mbr.go and gpt.go).
//
// The system-call layer is its caller, for /dev. Nothing is cached: what is written has been given to the disk when the call
// returns. A partition table is data from outside: it is checked, its partitions lie on the disk, and there is a bound to
// everything that it may make us do.
package volume
