package xen

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

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

// A file is that of the first tree that has it, and one that none has is looked for in the first.
func TestRootFind(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, name := range []string{filepath.Join(first, "a"), filepath.Join(second, "a"), filepath.Join(second, "b")} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := NewRoot(nil, "amd64", first, second)
	for name, dir := range map[string]string{"a": first, "b": second, "c": first} {
		if got := r.find(name); got != filepath.Join(dir, name) {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// apt-cache depends: the newest kernel's package has a name with its version.
func TestNewest(t *testing.T) {
	for out, want := range map[string]string{
		"linux-image-amd64\n  Depends: linux-image-6.1.0-56-amd64\n": "linux-image-6.1.0-56-amd64",
		"linux-image-amd64\n": "",
	} {
		if got := newest([]byte(out)); got != want {
			t.Errorf("%q: %s", out, got)
		}
	}
}

// A kernel that has Linux's header is as Xen wants it.
func TestImageOfLinux(t *testing.T) {
	name := filepath.Join(t.TempDir(), "Image")
	if err := os.WriteFile(name, []byte(string(make([]byte, armMagicAt))+armMagic+"and more"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := Image(name, "arm64")
	if err != nil || len(b) != armMagicAt+len(armMagic+"and more") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// What guests have in common is in the archive once: dom0 has all of it in memory, and room for half of that.
func TestGuestsShareFiles(t *testing.T) {
	image := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(image, []byte("an image"), 0o600); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	beside := Guest{Name: "c", Image: image}
	if err := writeGuests(&archive, "amd64", []Guest{{Name: "a", Image: image, Ramdisk: image}, {Name: "b", Image: image, Beside: &beside}}); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(archive.Bytes(), []byte("an image")); n != 2 {
		t.Errorf("the kernel and the RAM disk are there %d times", n)
	}
	// The configuration of a has it; links are the kernels of b and c.
	if n := bytes.Count(archive.Bytes(), []byte("/guests/a/kernel")); n != 1+2 {
		t.Errorf("a configuration and its links name it %d times", n)
	}
}
