// Package bootimage rewrites an image, which the linker makes an ELF file, for loaders that take another form.
//
// misc/ uses it to make what QEMU, Xen and a Raspberry Pi load. It runs on the host and never within an image.
package bootimage
