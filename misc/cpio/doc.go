// Package cpio writes initial RAM disks: archives in the format that Linux calls newc.
//
// The command and the exec wrappers use it to bring files of the host into a machine; the image reads them in
// internal/mirage/fs. Files are streamed, so that a large tree takes no memory. It reads no archives.
//
// Format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
package cpio
