package vm

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// Each newline that a program writes comes with a carriage return before it, wherever a part of the output ends; others are its own.
func TestXenConsole(t *testing.T) {
	const wrote, want = "a\r\nb\r\r\n\rc\r\n", "a\nb\r\n\rc\n"
	for cut := range wrote {
		var got bytes.Buffer
		c := &xenConsole{to: &got}
		c.Write([]byte(wrote[:cut]))
		c.Write([]byte(wrote[cut:]))
		if got.String() != want {
			t.Errorf("cut at %d: %q, want %q", cut, got.String(), want)
		}
	}
}

// Reasons are those of xen/include/public/sched.h.
func TestXenCode(t *testing.T) {
	for reason, want := range map[string]int{"0": 0, "6": 1, "8": 3, "255": 250, "1": -1, "3": -1, "5": -1, "256": -1, "": -1, "x": -1} {
		code, err := xenCode(reason)
		if err != nil {
			code = -1
		}
		if code != want {
			t.Errorf("reason %q is code %d (%v), want %d", reason, code, err, want)
		}
	}
}

// What dom0 reports ends the machine when the whole console has come, in whichever order and parts; what it should not say is an error.
func TestXenReport(t *testing.T) {
	for _, test := range []struct {
		parts []string // of the report; those that begin with > are of the console
		over  bool
		code  int
		err   string
	}{
		{[]string{">12345", "ended 8 5\n"}, true, 3, ""},
		{[]string{"ended 8 5\n", ">123", ">45"}, true, 3, ""},
		{[]string{"end", "ed 0 0", "\n"}, true, 0, ""},
		{[]string{"ended 8 5\n", ">1234"}, false, 0, ""},
		{[]string{"ended 8 5"}, false, 0, ""},
		{[]string{"failed no memory\n"}, true, 0, "no guest: no memory"},
		{[]string{"ended 8\n"}, true, 0, "no guest"},
		{[]string{"ended 3 0\n"}, true, 0, "crashed"},
		{[]string{strings.Repeat("x", maxReport), "\nended 0 0\n"}, false, 0, ""},
	} {
		qemu := exec.Command("cat")
		keep, err := qemu.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := qemu.Start(); err != nil {
			t.Skip(err)
		}
		l := &xenLab{cmd: qemu, out: xenConsole{to: new(bytes.Buffer)}}
		for _, p := range test.parts {
			if text, ok := strings.CutPrefix(p, ">"); ok {
				l.take([]byte(text))
			} else {
				l.hear([]byte(p))
			}
		}
		keep.Close()
		ended := qemu.Wait()
		if l.over != test.over || (ended != nil) != test.over {
			t.Errorf("%q: over is %v, QEMU ended: %v", test.parts, l.over, ended)
		}
		if code, err := l.result(ended); test.over && (code != test.code || (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%q: code %d, %v", test.parts, code, err)
		}
	}
}

// What a machine with Xen cannot have is refused in words that say why.
func TestXenRefusals(t *testing.T) {
	needQEMU(t)
	file := image(t, hang)
	for _, test := range []struct {
		c    Config
		want string
	}{
		{Config{Machine: "xen", Accel: "kvm"}, "in software"},
		{Config{Machine: "q35", Accel: "icount"}, "no accelerator"},
		{Config{Machine: "xen", Disks: make([]Disk, 27)}, "26 disks"},
		{Config{Machine: "xenpv", Arch: "arm64"}, "for amd64"},
	} {
		test.c.Image = file
		if err := test.c.settle(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}

func TestFixedAddress(t *testing.T) {
	for words, want := range map[string]string{
		"": "invalid IP", "ip=dhcp": "invalid IP", "ip=off": "invalid IP", "x=10.0.0.1": "invalid IP",
		"a ip=10.0.0.2/24,10.0.0.1": "10.0.0.2", "ip=off ip=fd00::2/64": "fd00::2",
	} {
		c := Config{Words: strings.Fields(words)}
		if got := c.fixedAddress().String(); got != want {
			t.Errorf("%q: %s, want %s", words, got, want)
		}
	}
}
