package xen

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"mirage.build/misc/cpio"
)

//go:embed dom0
var ours embed.FS

const tools = "usr/lib/xen-4.17/bin/"

// An abi is where an architecture's distribution has its libraries.
type abi struct{ triplet, loader string }

var abis = map[string]abi{
	"amd64": {"x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2"},
	"arm64": {"aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1"},
}

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

// kernel returns dom0's kernel: an Image on arm64, on amd64 the ELF file in a bzImage, whose place the header says (Linux,
// Documentation/arch/x86/boot.rst: setup_sects, payload_offset and payload_length).
func kernel(tree, arch string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(tree, "boot/vmlinuz-*"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("%d kernels in %s", len(files), tree)
	}
	b, err := os.ReadFile(files[0])
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

// A root writes dom0's files into an archive.
type root struct {
	*cpio.Writer
	abi
	tree string
	has  map[string]bool // libraries and modules
	n    int             // modules
}

// writeRoot writes dom0's files.
func writeRoot(out io.Writer, tree, arch string) error {
	r := &root{Writer: cpio.NewWriter(out), abi: abis[arch], tree: tree, has: map[string]bool{}}
	errs := []error{
		r.ours("init", "dom0/init"),
		r.ours("etc/xen/scripts/vif", "dom0/vif"),
		r.ours("etc/xen/scripts/disk", "dom0/disk"),
		r.Add("bin/busybox", filepath.Join(tree, "bin/busybox")),
		r.Add("bin/xenstore-write", filepath.Join(tree, "usr/bin/xenstore")), // it is what its name says
		r.Add("bin/xenstore-read", filepath.Join(tree, "usr/bin/xenstore")),
		r.add(r.loader, r.loader),
		r.Add("etc/xen/xl.conf", filepath.Join(tree, "etc/xen/xl.conf")),
		r.library("libgcc_s.so.1"), // the C library loads it to end a thread
	}
	for _, p := range programs {
		errs = append(errs, r.Add(tools+p, filepath.Join(tree, tools+p)), r.libraries(filepath.Join(tree, tools+p)))
	}
	for _, m := range modules {
		errs = append(errs, r.module(m))
	}
	return errors.Join(append(errs, r.Close())...)
}

func (r *root) ours(name, from string) error {
	b, err := ours.ReadFile(from)
	if err != nil {
		return err
	}
	return r.File(name, 0o755, time.Time{}, int64(len(b)), bytes.NewReader(b))
}

// add adds a file of the tree that may be named by symbolic links, which in there lead to paths of the packages' root.
func (r *root) add(name, from string) error {
	path := filepath.Join(r.tree, from)
	for {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if filepath.IsAbs(target) {
			path = filepath.Join(r.tree, target)
		} else {
			path = filepath.Join(filepath.Dir(path), target)
		}
	}
	return r.Add(name, path)
}

// library adds a library, and those that it needs.
func (r *root) library(name string) error {
	if r.has[name] || name == filepath.Base(r.loader) {
		return nil
	}
	r.has[name] = true
	for _, dir := range []string{"usr/lib/" + r.triplet + "/", "lib/" + r.triplet + "/"} {
		path := filepath.Join(r.tree, dir, name)
		if _, err := os.Stat(path); err == nil {
			return errors.Join(r.add("usr/lib/"+r.triplet+"/"+name, dir+name), r.libraries(path))
		}
	}
	return fmt.Errorf("no package has %s", name)
}

// libraries adds the libraries that a program or library needs.
func (r *root) libraries(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	names, err := f.ImportedLibraries()
	for _, name := range names {
		err = errors.Join(err, r.library(name))
	}
	return err
}

// module adds a module of the kernel, behind those that it needs. One that is built in has no file.
func (r *root) module(name string) error {
	name = strings.ReplaceAll(name, "_", "-")
	if name == "" || r.has[name] {
		return nil
	}
	r.has[name] = true
	var found string
	err := filepath.WalkDir(filepath.Join(r.tree, "lib/modules"), func(p string, d fs.DirEntry, err error) error {
		if strings.ReplaceAll(filepath.Base(p), "_", "-") == name+".ko" {
			found = p
		}
		return err
	})
	if err != nil || found == "" {
		return err
	}
	f, err := elf.Open(found)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Section(".modinfo").Data()
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(info), "\x00") {
		if needs, ok := strings.CutPrefix(line, "depends="); ok {
			for _, n := range strings.Split(needs, ",") {
				err = errors.Join(err, r.module(n))
			}
		}
	}
	r.n++
	return errors.Join(err, r.Add(fmt.Sprintf("modules/%02d-%s", r.n, filepath.Base(found)), found))
}
