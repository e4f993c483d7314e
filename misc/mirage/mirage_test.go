package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mirage.build/misc/vm"
)

func parsed(t *testing.T, args ...string) (*options, vm.Config, error) {
	t.Helper()
	o, err := parse(args)
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.config()
	return o, c, err
}

func TestFlags(t *testing.T) {
	_, c, err := parsed(t, "-m", "64", "-smp", "2", "-p", "127.0.0.1:5353:53/udp", "-p", "8080:80", "-ip", "off",
		"-env", "A=b c", "-word", "x=y", "-timeout", "9s", "./pkg", "-zone", "/f")
	if err != nil {
		t.Fatal(err)
	}
	if c.Memory != 64 || c.CPUs != 2 || len(c.Forwards) != 2 || c.TimeLimit.Seconds() != 9 {
		t.Errorf("config is %+v", c)
	}
	if want := []string{"-zone", "/f"}; !slices.Equal(c.Args, want) {
		t.Errorf("arguments are %q, want %q", c.Args, want)
	}
	if want := []string{"ip=off", "env:A=b c", "x=y"}; !slices.Equal(c.Words, want) {
		t.Errorf("words are %q, want %q", c.Words, want)
	}
}

func TestPlatforms(t *testing.T) {
	for _, test := range []struct{ platform, arch, machine, wantArch, err string }{
		{"", "", "", "", ""},
		{"microvm", "", "microvm", "amd64", ""},
		{"kvm", "amd64", "q35", "amd64", ""},
		{"kvm", "arm64", "", "arm64", ""},
		{"virt", "", "virt", "arm64", ""},
		{"virt", "amd64", "", "", "virt is for arm64"},
		{"microvm", "arm64", "", "", "microvm is for amd64"},
		{"xen", "", "xen", "", ""},
		{"xen", "arm64", "xen", "arm64", ""},
		{"xenpv", "", "xenpv", "amd64", ""},
		{"xenpv", "arm64", "", "", "xenpv is for amd64"},
		{"rpi3", "", "raspi3b", "arm64", ""},
		{"rpi3", "amd64", "", "", "rpi3 is for arm64"},
		{"vax", "", "", "", `no platform "vax"`},
	} {
		o, c, err := parsed(t, "-platform", test.platform, "-arch", test.arch, "./pkg")
		if err != nil || test.err != "" {
			if err == nil || test.err == "" || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s %s: error %v, want %q", test.platform, test.arch, err, test.err)
			}
			continue
		}
		if c.Machine != test.machine || o.arch != test.wantArch || c.PCI != (test.platform == "kvm") {
			t.Errorf("%s %s: machine %q, PCI %v, arch %q", test.platform, test.arch, c.Machine, c.PCI, o.arch)
		}
	}
}

func TestRefusedFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-p", "80"}, {"-env", "A"}, {"-disk", "/nofile"}, {"-disk", "/"}, {"-disk", ",ro"}, {"-timeout", "-1s"}, {"-arch", "riscv64"},
	} {
		if _, _, err := parsed(t, append(args, "./pkg")...); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

// The host's GOARCH says what to build, not what was built.
func TestOtherArchitecture(t *testing.T) {
	t.Setenv("GOARCH", "riscv64")
	if _, _, err := parsed(t, "./pkg"); err == nil || !strings.Contains(err.Error(), "GOARCH=riscv64") {
		t.Error(err)
	}
	for _, args := range [][]string{{"-arch", "arm64", "./pkg"}, {os.Args[0]}} {
		if _, _, err := parsed(t, args...); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestCounts(t *testing.T) {
	for _, n := range []string{"0", "-1", "", "1G", "99999999999"} {
		for _, name := range []string{"-m", "-smp"} {
			if _, err := parse([]string{name, n, "./pkg"}); err == nil {
				t.Errorf("%s %q is no error", name, n)
			}
		}
	}
}

func TestVersioned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "me@work")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string]bool{"example.com/x@latest": true, "./x": false, dir: false, dir + "/x@v1": true} {
		if isVersioned(program) != want {
			t.Errorf("%s: %v", program, !want)
		}
	}
}

func TestInitrd(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	os.MkdirAll(filepath.Join(root, "etc"), 0o777)
	os.WriteFile(filepath.Join(root, "etc/zone"), []byte("content"), 0o666)
	os.Symlink("root", filepath.Join(dir, "link"))
	archive := filepath.Join(dir, "x.cpio")
	os.WriteFile(archive, []byte("070701..."), 0o666) // 9 bytes, to be padded to 12

	o, _, _ := parsed(t, "-initrd", archive, "-root", filepath.Join(dir, "link"), "./pkg")
	file, err := o.initrd(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(file)
	if got := string(text); !strings.HasPrefix(got, "070701...\x00\x00\x00070701") || !strings.Contains(got, "etc/zone\x00") || !strings.Contains(got, "content") {
		t.Errorf("the initial RAM disk is %q", got)
	}

	dir = t.TempDir()
	program := filepath.Join(dir, "initrd")
	os.WriteFile(program, []byte("a program of that name"), 0o777)
	if _, err := o.initrd(dir); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(program); string(text) != "a program of that name" {
		t.Errorf("the program is %.20q", text)
	}

	for _, magic := range []string{"070702", "\x1f\x8b\x08..."} {
		os.WriteFile(archive, []byte(magic), 0o666)
		o, _, _ := parsed(t, "-initrd", archive, "./pkg")
		if _, err := o.initrd(t.TempDir()); err != nil {
			t.Errorf("%q: %v", magic, err)
		}
	}

	o, _, _ = parsed(t, "./pkg")
	if file, err := o.initrd(t.TempDir()); file != "" || err != nil {
		t.Errorf("without -root and -initrd: %q, %v", file, err)
	}
	for _, args := range [][]string{{"-root", archive}, {"-root", "/nowhere"}, {"-initrd", "/nowhere"}, {"-initrd", filepath.Join(root, "etc/zone")}, {"-initrd", root}} {
		o, _, _ := parsed(t, append(args, "./pkg")...)
		if _, err := o.initrd(t.TempDir()); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}
