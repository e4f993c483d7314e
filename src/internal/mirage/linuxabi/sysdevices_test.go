//go:build !mirage

package linuxabi

import (
	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
	"syscall"
	"testing"
)

// A device's folder in /sys/bus has a link named driver that ends in the driver's name: sysfs(5).
func TestDrivenDevices(t *testing.T) {
	w, p := booted(t, "/x")
	for _, d := range []device.Driven{
		{Bus: "virtio", Name: "virtio0", Driver: "virtio_net", Place: "virtio-pci 0:3.0"},
		{Bus: "virtio", Name: "virtio1", Driver: "virtio_net", Place: "virtio-pci 0:4.0"},
		{Bus: "platform", Name: "pl011@9000000", Driver: "pl011", Place: "ttyAMA0"},
	} {
		if e := p.plantDriven(d); e != 0 {
			t.Fatal(d, syscall.Errno(e))
		}
		folder := "/sys/bus/" + d.Bus + "/devices/" + d.Name
		b := make([]byte, 100)
		n := w.must(t, syscall.SYS_READLINKAT, 0, folder+"/driver", b, len(b))
		if got := string(b[:n]); got != "../../drivers/"+d.Driver {
			t.Errorf("%s: %s", d.Name, got)
		}
		if got := w.readFile(t, folder+"/uevent"); got != "DRIVER="+d.Driver+"\nPLACE="+d.Place+"\n" {
			t.Errorf("%s: %q", d.Name, got)
		}
		w.stat(0, folder+"/driver/", 0) // it leads somewhere
	}
	if e := p.plantDriven(device.Driven{Bus: "platform", Name: "a/../b", Driver: "x"}); e != linux.EINVAL {
		t.Error("a name with a slash:", syscall.Errno(e))
	}
}
