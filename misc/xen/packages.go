package xen

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packages are what dom0 is made of, besides the hypervisor and a kernel.
var packages = []string{
	"xen-utils-4.17", "xen-utils-common", "xenstore-utils",
	"libxencall1", "libxendevicemodel1", "libxenevtchn1", "libxenforeignmemory1", "libxengnttab1", "libxenhypfs1",
	"libxenmisc4.17", "libxenstore4", "libxentoolcore1", "libxentoollog1", "libyajl2", "libfdt1",
	"libc6", "libgcc-s1", "liblzma5", "libuuid1", "libzstd1", "zlib1g", "busybox-static",
}

// The hypervisor, and the package that depends on the newest ordinary kernel, for the one for clouds cannot be dom0; an architecture's
// name follows.
const (
	hypervisor = "xen-hypervisor-4.17-"
	kernelOf   = "linux-image-"
)

// ErrPackages says that this host cannot have them.
var ErrPackages = errors.New("the hypervisor's packages are those of Debian 12, and no apt-get here can get them")

// Unpacked returns the folder for an architecture's packages, and whether they are there.
func Unpacked(arch string) (tree string, there bool, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", false, err
	}
	tree = filepath.Join(cache, "mirage", "xen-4.17-"+arch)
	_, err = os.Stat(tree)
	return tree, err == nil, nil
}

// Unpack returns the folder into which an architecture's packages are unpacked, having downloaded them the first time.
func Unpack(arch string) (tree string, err error) {
	tree, there, err := Unpacked(arch)
	if err != nil || there {
		return tree, err
	}
	return tree, unpack(tree, arch, append([]string{hypervisor + arch, kernelOf + arch}, packages...))
}

// UnpackOthers does the same to other packages, for a folder of that name beside it: what guests or dom0 have besides.
func UnpackOthers(name, arch string, packages ...string) (tree string, err error) {
	xen, _, err := Unpacked(arch)
	if err != nil {
		return "", err
	}
	tree = filepath.Join(filepath.Dir(xen), name+"-"+arch)
	if _, err := os.Stat(tree); err == nil {
		return tree, nil
	}
	return tree, unpack(tree, arch, packages)
}

// unpack makes the folder tree of packages.
func unpack(tree, arch string, packages []string) error {
	if err := os.MkdirAll(filepath.Dir(tree), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(tree), "unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := download(work, arch, packages); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := run(work, "dpkg-deb", "-x", f, "tree"); err != nil {
			return err
		}
	}
	err = os.Rename(filepath.Join(work, "tree"), tree)
	if _, bad := os.Stat(tree); bad == nil { // another process may have been faster
		return nil
	}
	return err
}

// download gets packages into work, by an apt-get with a state of its own: the host's lists may be old, and know no
// other architecture.
func download(work, arch string, packages []string) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return ErrPackages
	}
	for _, dir := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(work, dir), 0o755); err != nil {
			return err
		}
	}
	// Its own user for downloads may not write to this folder.
	config := fmt.Sprintf("APT::Architecture %q; APT::Architectures { %[1]q; }; APT::Sandbox::User \"root\";\n"+
		"Dir::State::lists \"%[2]s/lists\"; Dir::State::status \"%[2]s/status\"; Dir::Cache \"%[2]s/cache\";\n", arch, work)
	for name, text := range map[string]string{"config": config, "status": ""} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	apt := func(command string, args ...string) ([]byte, error) {
		return run(work, "env", append([]string{"APT_CONFIG=" + filepath.Join(work, "config"), command}, args...)...)
	}
	if _, err := apt("apt-get", "-qq", "update"); err != nil {
		return fmt.Errorf("%w: %w", ErrPackages, err)
	}
	// Another distribution, or another version, has not the first of them.
	if _, err := apt("apt-cache", "show", packages[0]); err != nil {
		return ErrPackages
	}
	names := slices.Clone(packages)
	if i := slices.Index(names, kernelOf+arch); i >= 0 {
		out, err := apt("apt-cache", "depends", names[i])
		if err != nil {
			return err
		}
		if names[i] = newest(out); names[i] == "" {
			return ErrPackages
		}
	}
	_, err := apt("apt-get", append([]string{"-qq", "download"}, names...)...)
	return err
}

// newest is the kernel that the package of the newest one depends on, from what apt-cache says of that.
func newest(out []byte) string {
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: linux-image-"); ok {
			return "linux-image-" + name
		}
	}
	return ""
}

// run runs a command in a folder. The error has what it says.
func run(dir, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%s: %w\n%s", name, err, failed.Stderr)
	}
	return out, err
}
