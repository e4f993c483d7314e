package image

import (
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// What runs on a trap stack has no write barrier: it would put a pointer into the buffer of a P that another thread may be
// using, and may run where no P is. The compiler checks functions (go:nowritebarrierrec), but not closures.
func TestNoBarriersOnTrapStacks(t *testing.T) {
	closures, err := trapClosures(filepath.Join(harness.Root(t), "src/runtime/*_mirage*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[closure]bool)
	for _, arch := range []string{"amd64", "arm64"} {
		p, err := openProgram(harness.Build(t, arch, "./test/guest/everything"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range closures {
			for _, s := range p.find(c) {
				found[c] = true
				way, err := p.barrierBelow(s, make(map[string]bool))
				if way != "" || err != nil {
					t.Errorf("%s, %s:%d: %s %v", arch, c.file, c.first, way, err)
				}
			}
		}
	}
	for _, c := range closures {
		if !found[c] {
			t.Errorf("%s:%d: what is given to onTrapStack is in no image", c.file, c.first)
		}
	}
	if len(closures) == 0 {
		t.Error("no closures: this walk proves nothing")
	}
}

// The same check finds barriers that were planted, and where there are none finds none.
func TestFindsBarriers(t *testing.T) {
	closures, err := trapClosures(filepath.Join(harness.Root(t), "test/guest/barrier/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"main.main.func1 > runtime.gcWriteBarrier",
		"main.main.func2 > main.one > main.two > runtime.gcWriteBarrier",
		"main.named > runtime.gcWriteBarrier",
		"",
		"",
	}
	if len(closures) != len(want) {
		t.Fatalf("closures are %v, want %d of them", closures, len(want))
	}
	for _, arch := range []string{"amd64", "arm64"} {
		p, err := openProgram(harness.Build(t, arch, "./test/guest/barrier"))
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range closures {
			functions := p.find(c)
			if len(functions) != 1 {
				t.Errorf("%s: %v is %v", arch, c, functions)
				continue
			}
			way, err := p.barrierBelow(functions[0], make(map[string]bool))
			if err != nil || (way == "") != (want[i] == "") || !strings.HasPrefix(way, want[i]) {
				t.Errorf("%s: %v has %q, %v, want %q", arch, c, way, err, want[i])
			}
		}
	}
}
