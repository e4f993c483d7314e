// Package fs is the file tree, in RAM: directories, regular files, symbolic and hard links, device nodes,
// and files whose contents a function makes when they are opened.
//
// The system-call layer is its caller: it keeps descriptors, offsets and the working directory, and calls
// here with a starting directory and a path. At boot Unpack fills a tree from an initrd in cpio's newc form;
// the contents of those files stay where they lie in memory until they are written to. From the first time that a
// file is mapped its contents are in pages, which its mappings share with it (pages.go).
//
// Results are Linux's, down to the error number; the caller is root, so that no permission is ever denied.
// Volumes of disks are mounted in the tree (mount.go): what is on them package fat reads and writes, with I/O.
//
// A tree never holds more than its limit: past that the answer is ENOSPC. Nothing else here does I/O, blocks for
// longer than a lock is held, or knows what a descriptor is.
package fs
