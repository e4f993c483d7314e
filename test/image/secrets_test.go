package image

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// Where QEMU's machines have RAM.
var ramBase = map[string]uint64{"amd64": 0, "arm64": 0x4000_0000}

// The loader's seed is in RAM no more once the program runs: neither where it was nor anywhere else.
func TestSeedIsWiped(t *testing.T) {
	m := harness.Virt
	tree, seeds := treeWithSeeds(t, m)
	c := m.Config(attacker(t, m.Arch))
	c.Args = []string{"wait"}
	c.Extra = []string{"-dtb", tree}
	monitor := harness.AddMonitor(t, &c)
	harness.Boot(t, c).WaitFor("waiting\n")
	ram := monitor.Memory(ramBase[m.Arch], uint64(c.Memory)<<20)
	for name, seed := range seeds {
		if at := bytes.Index(ram, seed); at >= 0 {
			t.Errorf("%s is in RAM, at +%#x", name, at)
		}
	}
	if !bytes.Contains(ram, []byte("rng-seed\x00")) {
		t.Error("the device tree is not in RAM: this proves nothing")
	}
}

// treeWithSeeds writes a machine's device tree with seeds that are known.
func treeWithSeeds(t *testing.T, m harness.Machine) (file string, seeds map[string][]byte) {
	t.Helper()
	qemu, err := vm.Find(m.Arch)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "tree")
	dump := exec.Command(qemu, "-machine", m.Machine+",dumpdtb="+file, "-cpu", "cortex-a53", "-m", "128", "-display", "none")
	if text, err := dump.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	tree, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seeds = map[string][]byte{"rng-seed": bytes.Repeat([]byte("RANDOM! "), 4), "kaslr-seed": []byte("SCATTER!")}
	for name, seed := range seeds {
		value := property(tree, name, len(seed))
		if value == nil {
			t.Skipf("this QEMU gives no %s", name)
		}
		copy(value, seed)
	}
	// QEMU doubles what it reads, and there is a limit: without the room that it has left in this one.
	be := binary.BigEndian
	end := max(be.Uint32(tree[8:])+be.Uint32(tree[36:]), be.Uint32(tree[12:])+be.Uint32(tree[32:]))
	be.PutUint32(tree[4:], end)
	if err := os.WriteFile(file, tree[:end], 0o600); err != nil {
		t.Fatal(err)
	}
	return file, seeds
}

// property finds a property of that name and size in a device tree: Devicetree Specification v0.4, 5.4 and 5.5.
func property(tree []byte, name string, size int) []byte {
	nodes, names := binary.BigEndian.Uint32(tree[8:]), binary.BigEndian.Uint32(tree[12:])
	for at := int(nodes); at+12+size <= len(tree); at += 4 {
		token, length := binary.BigEndian.Uint32(tree[at:]), binary.BigEndian.Uint32(tree[at+4:])
		key := uint64(names) + uint64(binary.BigEndian.Uint32(tree[at+8:]))
		if token == 3 && length == uint32(size) && key < uint64(len(tree)) && bytes.HasPrefix(tree[key:], []byte(name+"\x00")) {
			return tree[at+12:][:size]
		}
	}
	return nil
}

// What the loader gave of the program's words is wiped: they are where the program has them, and nowhere else.
func TestCommandLineIsWiped(t *testing.T) {
	images := map[string]string{"amd64": attacker(t, "amd64"), "arm64": attacker(t, "arm64")}
	for _, m := range harness.Machines {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(images[m.Arch])
			c.Words = []string{"env:TOKEN=sesame-in-the-environment", "hostname=known"}
			c.Args = []string{"wait", "sesame-in-the-arguments"}
			monitor := harness.AddMonitor(t, &c)
			harness.Boot(t, c).WaitFor("waiting\n")
			ram := monitor.Memory(ramBase[m.Arch], uint64(c.Memory)<<20)
			for secret, most := range map[string]int{
				"env:TOKEN=":                0, // as on the line
				"-- wait":                   0,
				"sesame-in-the-arguments":   1,
				"sesame-in-the-environment": 2, // the runtime's, and package syscall's copy
			} {
				if n := bytes.Count(ram, []byte(secret)); n > most || n == 0 && most > 0 {
					t.Errorf("%q is in RAM %d times, want %d", secret, n, most)
				}
			}
			if !bytes.Contains(ram, []byte("hostname=known")) {
				t.Error("the system's words are not in RAM: this proves nothing")
			}
		})
	}
}
