package image

import (
	"bytes"
	"debug/elf"
	"os"
	"strings"
	"testing"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// start is the address of an image's first page.
func start(t *testing.T, image string) uint64 {
	t.Helper()
	f, err := elf.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			return p.Vaddr
		}
	}
	t.Fatal("nothing to load")
	return 0
}

// Programs lie at addresses of their own, and a program that is built again is the same image.
func TestLinkAddress(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			places := make(map[uint64]bool)
			for _, version := range []string{"a", "b", "c", "d"} {
				flags := "-ldflags=-X main.version=" + version
				first := harness.Build(t, arch, "./test/guest/hello", flags)
				at := start(t, first)
				places[at] = true
				if arch == "amd64" && (at < 1<<20 || at >= 5<<20) {
					t.Errorf("at %#x: not from 1 to 5 MiB", at)
				}
				if arch == "arm64" && (at < 0x40210000 || at >= 0x40a00000 || at%(2<<20) < 64<<10) {
					t.Errorf("at %#x: not in the first 10 MiB of RAM with room for a header", at)
				}
			}
			if len(places) < 3 {
				t.Errorf("four images lie at %d places", len(places))
			}
			one, two := harness.Build(t, arch, "./test/guest/hello"), harness.Build(t, arch, "./test/guest/hello")
			a, _ := os.ReadFile(one)
			b, _ := os.ReadFile(two)
			if len(a) == 0 || !bytes.Equal(a, b) {
				t.Error("two builds of the same differ")
			}
		})
	}
}

// Images boot at the ends of where they may be linked to be: on small machines, with and without an initial RAM disk.
func TestLinkAddressEnds(t *testing.T) {
	ends := map[string][]string{
		"amd64": {"0x101000", "0x500000"},
		"arm64": {"0x40211000", "0x40300000", "0x40900000"},
	}
	initrd := t.TempDir() + "/initrd"
	if err := os.WriteFile(initrd, []byte(strings.Repeat("x", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	for arch, addresses := range ends {
		for _, text := range addresses {
			image := harness.Build(t, arch, "./test/guest/hello", "-ldflags=-T="+text)
			for _, m := range harness.Machines {
				if m.Arch == arch {
					t.Run(m.Name+"/"+text, func(t *testing.T) { bootSmall(t, m.Config(image), initrd) })
				}
			}
		}
	}
}

func bootSmall(t *testing.T, c vm.Config, initrd string) {
	c.Memory, c.NoConsole = 32, true
	for _, c.Initrd = range []string{"", initrd} {
		if b := harness.Run(t, c, 0); !b.Stderr.Contains("hello\n") {
			t.Errorf("it says\n%s", b)
		}
	}
}
