package xen

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed dom0
var ours embed.FS

const tools = "usr/lib/xen-4.17/bin/"

// programs are the toolstack's, and what others of them load without saying so.
var programs = []string{"xl", "xenstored", "xenconsoled", "xen-init-dom0", "vchan-socket-proxy", "libxl-save-helper"}

// modules are the kernel's that dom0 needs.
var modules = []string{
	"xen-evtchn", "xen-gntdev", "xen-gntalloc", "xen-privcmd", "xenfs", "xen-netback", "xen-blkback", "loop", "bridge",
	"virtio-pci", "virtio-mmio", "virtio-net", "virtio-blk", "virtio-console",
}

// Hypervisor returns Xen as QEMU loads it: an ELF file, or on arm64 an Image.
func Hypervisor(tree, arch string) ([]byte, error) {
	path := filepath.Join(tree, "boot/xen-4.17-"+arch)
	if arch == "arm64" {
		return os.ReadFile(path)
	}
	f, err := os.Open(path + ".gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// KernelFile returns dom0's kernel as the distribution has it, which is also how a Linux guest is made of it.
func KernelFile(tree string) (string, error) {
	files, err := filepath.Glob(filepath.Join(tree, "boot/vmlinuz-*"))
	if err != nil || len(files) != 1 {
		return "", fmt.Errorf("%d kernels in %s", len(files), tree)
	}
	return files[0], nil
}

// kernel returns dom0's kernel: an Image on arm64, on amd64 the ELF file in a bzImage, whose place the header says (Linux,
// Documentation/arch/x86/boot.rst: setup_sects, payload_offset and payload_length).
func kernel(tree, arch string) ([]byte, error) {
	file, err := KernelFile(tree)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(file)
	if err != nil || arch == "arm64" {
		return b, err
	}
	if len(b) < 0x250 {
		return nil, errors.New("the kernel is no bzImage")
	}
	start := uint64(b[0x1f1]+1)*512 + uint64(binary.LittleEndian.Uint32(b[0x248:]))
	end := start + uint64(binary.LittleEndian.Uint32(b[0x24c:]))
	if end > uint64(len(b)) {
		return nil, errors.New("the kernel is no bzImage")
	}
	cmd := exec.Command("xz", "-dc", "--single-stream")
	cmd.Stdin = bytes.NewReader(b[start:end])
	return cmd.Output()
}

// writeRoot writes dom0's files.
func writeRoot(out io.Writer, tree, arch string) error {
	r := NewRoot(out, arch, tree)
	errs := []error{
		writeOurs(r, "init", "dom0/init"),
		writeOurs(r, "etc/xen/scripts/vif", "dom0/vif"),
		writeOurs(r, "etc/xen/scripts/disk", "dom0/disk"),
		r.Add("bin/busybox", filepath.Join(tree, "bin/busybox")),
		r.Add("bin/xenstore-write", filepath.Join(tree, "usr/bin/xenstore")), // it is what its name says
		r.Add("bin/xenstore-read", filepath.Join(tree, "usr/bin/xenstore")),
		r.Loader(),
		r.Add("etc/xen/xl.conf", filepath.Join(tree, "etc/xen/xl.conf")),
		r.library("libgcc_s.so.1"), // the C library loads it to end a thread
	}
	for _, p := range programs {
		errs = append(errs, r.Program(tools+p))
	}
	for _, m := range modules {
		errs = append(errs, r.Module(m))
	}
	return errors.Join(append(errs, r.Close())...)
}

// writeOurs adds a file of the folder dom0.
func writeOurs(r *Root, name, from string) error {
	b, err := ours.ReadFile(from)
	if err != nil {
		return err
	}
	return r.File(name, 0o755, time.Time{}, int64(len(b)), bytes.NewReader(b))
}
