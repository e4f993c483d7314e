//go:build !mirage

package board

import (
	"reflect"
	"testing"
)

// Linux, Documentation/admin-guide/kernel-parameters.txt: virtio_mmio.device.
func TestPlaces(t *testing.T) {
	for line, want := range map[string][]place{
		"": nil,
		"ip=dhcp virtio_mmio.device=512@0xfeb00e00:12":                                                      {{0xfeb00e00, 512, 12}},
		`env:A="b c" -- x "y z" virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=0x200@4276093440:6:3`: {{0xd0000000, 4096, 5}, {0xfee00200, 512, 6}},
		"xvirtio_mmio.device=512@0xfeb00e00:12":                                                             nil,
		"virtio_mmio.device=512@0xfeb00e00":                                                                 nil,
		"virtio_mmio.device=512:0xfeb00e00@12":                                                              nil,
		"virtio_mmio.device=0@0xfeb00e00:12":                                                                nil,
		"virtio_mmio.device=@0xfeb00e00:12":                                                                 nil,
		"virtio_mmio.device=512@0x1feb00e0000000000:12":                                                     nil,
		"virtio_mmio.device=512@0xfeb00e00:4294967296":                                                      nil,
		"virtio_mmio.device=17179869184G@0xfeb00e00:1":                                                      nil,
		"virtio_mmio.device=K@0xfeb00e00:1":                                                                 nil,
		"virtio_mmio.device=5z@0xfeb00e00:1":                                                                nil,
		"virtio_mmio.device=":                                                                               nil,
		"virtio_mmio.device=1M@0XFEB00e00:1:2:3 nothing":                                                    {{0xfeb00e00, 1 << 20, 1}},
	} {
		if got := places(line); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", line, got, want)
		}
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add("a virtio_mmio.device=512@0xfeb00e00:12:1 b")
	f.Fuzz(func(t *testing.T, line string) {
		for _, p := range places(line) {
			if p.size == 0 {
				t.Error("a place of no size")
			}
		}
	})
}

func TestHasWord(t *testing.T) {
	for line, want := range map[string]bool{"": false, "rndis=off": true, "ip=dhcp rndis=off": true, "rndis=off ip=off": true, "xrndis=off rndis=offx": false} {
		if hasWord(line, "rndis=off") != want {
			t.Errorf("%q: not %v", line, want)
		}
	}
}
