package files

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/cpio"
	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// modules are the kernel's for a virtio disk and vfat, in the order in which they need each other.
var modules = []string{
	"virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk", "nls_cp437", "nls_ascii", "fat", "vfat",
}

// begin is Linux's first program: it mounts the disk and runs ours.
const begin = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs d /dev
for m in $(/bin/busybox cat /modules); do /bin/busybox insmod /$m.ko; done
until [ -b /dev/vda ]; do :; done
/bin/busybox mount -t vfat -o iocharset=ascii,utf8,noatime /dev/vda /data || echo no mount
/bin/busybox stty -onlcr
echo BEGIN
/bin/files $(/bin/busybox cat /args)
echo END
/bin/busybox umount /data
/bin/busybox poweroff -f
`

// A program that does things at random has the same answers, and leaves the same files, as on Linux's vfat.
func TestLinux(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	tree := filepath.Join(cache, "mirage", "xen-4.17-amd64")
	kernels, _ := filepath.Glob(filepath.Join(tree, "boot/vmlinuz-*"))
	if len(kernels) != 1 {
		t.Skip("there is no Linux kernel here: go test ./test/xen downloads one")
	}
	args := []string{"random", "/data", "6", strconv.Itoa(setting("FILES_OPERATIONS", 1500))}
	theirs, ours := newVolume(t, 64, "-F", "32"), newVolume(t, 64, "-F", "32")
	want := linux(t, kernels[0], initramfs(t, tree, args), theirs)
	got := harness.Run(t, places[0].config(t, ours, args...), 0).Stdout.String()
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("line %d: %s\nLinux: %s", i, a[i], b[i])
		}
	}
	if len(a) != len(b) || !strings.HasSuffix(got, "done\n") {
		t.Errorf("%d lines, Linux has %d", len(a), len(b))
	}
	sound(t, ours)
	sound(t, theirs)
}

// initramfs makes Linux's first files.
func initramfs(t *testing.T, tree string, args []string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "files")
	if out, err := harness.Go(t, harness.Root(t), []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, "build", "-o", program, "./test/guest/files").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	add := func(name string, mode fs.FileMode, data []byte) {
		if err := w.File(name, mode, time.Time{}, int64(len(data)), bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, dir := range []string{"bin", "dev", "data", "tmp"} {
		if err := w.Folder(dir, 0o755, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	add("init", 0o755, []byte(begin))
	add("args", 0o644, []byte(strings.Join(args, " ")))
	add("modules", 0o644, []byte(strings.Join(modules, " ")))
	add("bin/files", 0o755, read(program))
	add("bin/busybox", 0o755, read(filepath.Join(tree, "bin/busybox")))
	for _, m := range modules {
		found, err := exec.Command("find", filepath.Join(tree, "lib/modules"), "-name", m+".ko").Output()
		if err != nil || len(found) == 0 {
			t.Fatalf("no module %s", m)
		}
		add(m+".ko", 0o644, read(strings.TrimSpace(string(found))))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "initramfs")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// linux boots Linux and returns what the program has written.
func linux(t *testing.T, kernel, initramfs, volume string) string {
	t.Helper()
	qemu, err := vm.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(qemu, "-M", "pc", "-m", "256", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", kernel,
		"-initrd", initramfs, "-append", "console=ttyS0 quiet panic=-1", "-drive", "if=virtio,format=raw,cache=unsafe,file="+volume)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := time.AfterFunc(10*time.Minute, func() { cmd.Process.Kill() })
	defer over.Stop()
	text, _ := io.ReadAll(out)
	cmd.Wait()
	_, rest, ok := strings.Cut(strings.ReplaceAll(string(text), "\r", ""), "BEGIN\n")
	result, _, ended := strings.Cut(rest, "END\n")
	if !ok || !ended {
		t.Fatalf("Linux did not come to its end:\n%s", text)
	}
	return result
}
