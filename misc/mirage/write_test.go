package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// xl.cfg(5), xl-disk-configuration(5).
func TestXLConfiguration(t *testing.T) {
	disk := filepath.Join(t.TempDir(), "data.qcow2")
	if err := os.WriteFile(disk, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseImage([]string{"-format", "xl", "-m", "32", "-smp", "2", "-ip", "10.0.0.2/24,10.0.0.1", "-env", "A=b \"c\"", "-disk", disk + ",ro",
		"-bridge", "br1", "./pkg", "-listen", ":53", "two words"})
	if err != nil {
		t.Fatal(err)
	}
	o.out = "/srv/dns"
	c, err := o.config()
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.xl(c, "amd64", "")
	want := `name = "dns"
type = "pvh"
kernel = "/srv/dns"
extra = "ip=10.0.0.2/24,10.0.0.1 \"env:A=b \\\"c\\\"\" -- -listen :53 \"two words\""
memory = 32
vcpus = 2
vif = ["bridge=br1"]
disk = ["format=qcow2, vdev=xvda, access=ro, target=` + disk + `"]
on_poweroff = "destroy"
on_reboot = "restart"
on_crash = "destroy"
`
	if err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	o.bridge = ""
	if got, _ := o.xl(c, "arm64", ""); strings.Contains(got, "vif") || strings.Contains(got, "type") {
		t.Error(got)
	}
}

func TestGuestKind(t *testing.T) {
	for _, test := range []struct{ kind, arch, want, err string }{
		{"", "amd64", "pvh", ""}, {"pv", "amd64", "pv", ""}, {"pvh", "amd64", "pvh", ""}, {"", "arm64", "", ""},
		{"pv", "arm64", "", "one type"}, {"hvm", "amd64", "", "no type"},
	} {
		o := &imageOptions{kind: test.kind}
		got, err := o.guestKind(test.arch)
		if got != test.want || (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%+v: %q, %v", test, got, err)
		}
	}
}

func TestImageFormat(t *testing.T) {
	o, err := parseImage([]string{"-format", "iso", "./pkg"})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.write(); err == nil || !strings.Contains(err.Error(), "no format") {
		t.Error(err)
	}
}

// A program for the host is no image, though it is an ELF file.
func TestImageOfHost(t *testing.T) {
	for _, format := range []string{"elf", "xl", "rpi"} {
		out := filepath.Join(t.TempDir(), "x")
		o, err := parseImage([]string{"-format", format, "-o", out, os.Args[0]})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.write(); err == nil {
			t.Errorf("%s: no error", format)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: something was written", format)
		}
	}
}

// What an image of a form has no place for is not left out without a word.
func TestMisplaced(t *testing.T) {
	for want, args := range map[string][]string{
		"-ip is for -format xl and rpi": {"-ip", "10.0.0.2/24", "./pkg"},
		"-root is for":                  {"-root", "/", "./pkg"},
		"-m is for -format xl":          {"-format", "rpi", "-m", "64", "./pkg"},
		"-firmware is for -format rpi":  {"-format", "xl", "-firmware", "/", "./pkg"},
		"arguments (-listen :53)":       {"./pkg", "-listen", ":53"},
	} {
		o, err := parseImage(args)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.write(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
