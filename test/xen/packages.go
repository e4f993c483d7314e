package xen

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// packages are what dom0 is made of, besides a kernel.
var packages = []string{
	"xen-hypervisor-4.17-amd64", "xen-utils-4.17", "xen-utils-common", "xenstore-utils",
	"libxencall1", "libxendevicemodel1", "libxenevtchn1", "libxenforeignmemory1", "libxengnttab1", "libxenhypfs1",
	"libxenmisc4.17", "libxenstore4", "libxentoolcore1", "libxentoollog1", "libyajl2",
	"libc6", "libgcc-s1", "liblzma5", "libuuid1", "libzstd1", "zlib1g", "busybox-static",
}

// errPackages says that this host cannot have them.
var errPackages = errors.New("the hypervisor's packages are those of Debian 12 on amd64")

// unpack returns the folder into which the packages are unpacked, having downloaded them the first time.
func unpack() (tree string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	tree = filepath.Join(cache, "mirage", "xen-4.17-amd64")
	if _, err := os.Stat(tree); err == nil {
		return tree, nil
	}
	kernel, err := kernelPackage()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(tree), 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(tree), "unpack-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	// Its own user for downloads may not write to this folder.
	args := append([]string{"-qq", "-o", "APT::Sandbox::User=root", "download", kernel}, packages...)
	if _, err := run(work, "apt-get", args...); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if _, err := run(work, "dpkg-deb", "-x", f, "tree"); err != nil {
			return "", err
		}
	}
	return tree, os.Rename(filepath.Join(work, "tree"), tree)
}

// kernelPackage is the package of the kernel that the distribution has now: the ordinary one, for the one for clouds cannot
// be dom0.
func kernelPackage() (string, error) {
	if runtime.GOARCH != "amd64" {
		return "", errPackages
	}
	name := findKernel()
	if name == "" {
		// A fresh machine has no lists of packages. Who may not get them has none after this either.
		run("", "apt-get", "-qq", "update")
		name = findKernel()
	}
	if name == "" {
		return "", errPackages
	}
	return name, nil
}

// findKernel looks for it in the lists of packages, where the hypervisor's is to be too.
func findKernel() string {
	if exec.Command("apt-cache", "show", packages[0]).Run() != nil {
		return ""
	}
	out, _ := exec.Command("apt-cache", "depends", "linux-image-amd64").Output()
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
