package xen

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/u-root/u-root/pkg/dt"
	"mirage.build/misc/vm"
	"mirage.build/misc/xen"
)

// Where QEMU puts the guest's image, for Xen to find by the device tree.
const dom0lessImage = 0x50000000

// runDom0less boots Xen on arm64 with one guest and no dom0, until the guest has written a text, and returns what it wrote.
func runDom0less(t *testing.T, image, line, until string) string {
	t.Helper()
	const arch = "arm64"
	dir, tree := t.TempDir(), packagesOf(t, arch)
	hypervisor, err := xen.Hypervisor(tree, arch)
	if err != nil {
		t.Fatal(err)
	}
	guest, err := xen.Image(image, arch)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"xen": hypervisor, "guest": guest} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := xen.Board(arch, 1024)
	if err := writeTree(filepath.Join(dir, "tree"), args, len(guest), line); err != nil {
		t.Fatal(err)
	}
	out := boot(t, arch, dir, until, append(args, "-kernel", "xen", "-dtb", "tree", "-device", "loader,file=guest,force-raw=on,addr=0x50000000")...)
	var b strings.Builder
	for l := range strings.Lines(strings.ReplaceAll(string(out), "\r", "")) {
		if text, ok := strings.CutPrefix(l, "(XEN) DOM1: "); ok {
			b.WriteString(text)
		}
	}
	return b.String()
}

// writeTree writes the device tree of QEMU's machine with a guest added: Xen, docs/misc/arm/device-tree/booting.txt.
func writeTree(file string, machine []string, size int, line string) error {
	qemu, err := vm.Find("arm64")
	if err != nil {
		return err
	}
	dump := exec.Command(qemu, append(machine, "-machine", "dumpdtb="+file)...)
	if out, err := dump.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	tree, err := dt.ReadFDT(bytes.NewReader(b))
	if err != nil {
		return err
	}
	strs := func(name string, s ...string) dt.Property {
		return dt.Property{Name: name, Value: []byte(strings.Join(s, "\x00") + "\x00")}
	}
	cells := []dt.NodeOptioner{dt.WithProperty(dt.PropertyU32("#address-cells", 1), dt.PropertyU32("#size-cells", 1))}
	module := dt.NewNode("module@50000000", dt.WithProperty(
		strs("compatible", "multiboot,kernel", "multiboot,module"),
		dt.PropertyU32Array("reg", []uint32{dom0lessImage, uint32(size)}), strs("bootargs", line)))
	guest := dt.NewNode("domU1", append(cells, dt.WithChildren(module), dt.WithProperty(
		strs("compatible", "xen,domain"), dt.PropertyU32Array("memory", []uint32{0, 64 << 10}), // KiB
		dt.PropertyU32("cpus", 1), dt.Property{Name: "vpl011"}))...)
	chosen, ok := tree.NodeByName("chosen")
	if !ok {
		chosen = dt.NewNode("chosen")
		tree.RootNode.Children = append(tree.RootNode.Children, chosen)
	}
	for _, p := range []dt.Property{
		dt.PropertyU32("#address-cells", 1), dt.PropertyU32("#size-cells", 1),
		strs("xen,xen-bootargs", "console=dtuart dtuart=/pl011@9000000 bootscrub=0 loglvl=info guest_loglvl=all sync_console"),
	} {
		chosen.Update(p)
	}
	chosen.Children = append(chosen.Children, guest)
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = tree.Write(out)
	return err
}
