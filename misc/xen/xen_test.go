package xen

import "testing"

// xl.cfg(5), xl-disk-configuration(5): a disk's target comes last, for it is all that is left.
func TestGuestConfig(t *testing.T) {
	g := Guest{Name: "g", Line: `a "b"`, Ramdisk: "/files", Disk: "one", Disks: []Disk{{Serial: "disk0", ReadOnly: true}}}
	want := `name = "g"
type = "pvh"
kernel = "/guests/g/kernel"
extra = "a \"b\""
memory = 128
vcpus = 1
vif = ["mac=00:16:3e:01:02:03, bridge=xenbr0, script=/etc/xen/scripts/vif"]
disk = ["format=raw, vdev=xvda, access=rw, script=/etc/xen/scripts/disk, target=/disks/one", "format=raw, vdev=xvdb, access=ro, script=/etc/xen/scripts/disk, target=/disks/disk0"]
on_poweroff = "destroy"
on_reboot = "destroy"
on_crash = "destroy"
ramdisk = "/guests/g/ramdisk"
`
	if got := g.config("amd64", "/guests/g/", "00:16:3e:01:02:03"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	g = Guest{Name: "g", NoCard: true, Kind: "pv"}
	want = `name = "g"
kernel = "/guests/g/kernel"
extra = ""
memory = 128
vcpus = 1
on_poweroff = "destroy"
on_reboot = "destroy"
on_crash = "destroy"
`
	if got := g.config("arm64", "/guests/g/", ""); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
