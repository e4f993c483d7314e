package vm

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// needQEMU skips t where the machine has no QEMU.
func needQEMU(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		if _, err := Find(arch); err != nil {
			t.Skip(err)
		}
	}
}

// image is a file with a pvhImage.
func image(t *testing.T, code []byte) string { return save(t, pvhImage(code)) }

func save(t *testing.T, image []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "an image, with a comma")
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// printLine is code that writes the command line and a newline to the UART at port 0x3f8.
var printLine = []byte{
	0x8b, 0x73, 0x18, // MOVL 24(BX), SI: hvm_start_info.cmdline_paddr
	0x66, 0xba, 0xf8, 0x03, // MOVW $0x3f8, DX
	0xac,       // 1: LODSB
	0x84, 0xc0, // TESTB AL, AL
	0x74, 0x03, // JZ 2
	0xee,       // OUTB AL, DX
	0xeb, 0xf8, // JMP 1
	0xb0, 0x0a, // 2: MOVB $'\n', AL
	0xee, // OUTB AL, DX
}

// hang is code that waits for ever.
var hang = []byte{0xf4, 0xeb, 0xfd} // 1: HLT; JMP 1

func TestRun(t *testing.T) {
	needQEMU(t)
	file := image(t, slices.Concat(printLine, pvhExit(7)))
	for _, machine := range []string{"", "q35", "pc"} {
		var uart bytes.Buffer
		c := Config{Image: file, Machine: machine, Accel: "tcg", Words: []string{"env:A=b c"}, Args: []string{"x", ""},
			Stdin: strings.NewReader("unread"), Stderr: &uart, TimeLimit: time.Minute}
		m, err := c.Start()
		if err != nil {
			t.Fatalf("%s: %v", machine, err)
		}
		code, err := m.Wait()
		if code != 7 || err != nil {
			t.Errorf("%s: code %d, %v, want 7", machine, code, err)
		}
		want := `exit=debug console=hvc0 "env:A=b c" -- x ""`
		if got := uart.String(); !strings.HasPrefix(got, want) { // microvm may add words of its own
			t.Errorf("%s: the image's line is %q, want %q", machine, got, want)
		}
	}
}

// On arm64 the exit code is QEMU's own.
func TestRunARM64(t *testing.T) {
	needQEMU(t)
	for _, code := range []uint32{0, 1, 42} {
		words := []uint32{
			0xd2a12002,          // MOVD $0x09000000, R2: the PL011
			0x52800823,          // MOVW $'A', R3
			0xb9000043,          // MOVW R3, (R2)
			0x52800400,          // MOVW $0x20, R0: SYS_EXIT_EXTENDED
			0x10000061,          // ADR 12(PC), R1
			0xd45e0000,          // HLT $0xf000
			0xd503201f,          // NOP
			0x20026, 0, code, 0, // ADP_Stopped_ApplicationExit and the code, 64 bits each
		}
		var text []byte
		for _, w := range words {
			text = binary.LittleEndian.AppendUint32(text, w)
		}
		var uart bytes.Buffer
		m, err := Config{Image: save(t, codeImage(elf.EM_AARCH64, armBase, nil, text)), Stderr: &uart, TimeLimit: time.Minute}.Start()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Wait(); got != int(code) || err != nil || uart.String() != "A" {
			t.Errorf("code %d, %v, UART %q, want %d and A", got, err, &uart, code)
		}
	}
}

func TestTimeLimitAndStop(t *testing.T) {
	needQEMU(t)
	file := image(t, hang)
	m, err := Config{Image: file, Accel: "tcg", TimeLimit: 100 * time.Millisecond}.Start()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Wait(); !errors.Is(err, ErrTimeLimit) {
		t.Errorf("a machine that hangs: %v", err)
	}
	in, _ := io.Pipe() // never at its end
	if m, err = (Config{Image: file, Accel: "tcg", Stdin: in}).Start(); err != nil {
		t.Fatal(err)
	}
	m.Stop()
	if _, err := m.Wait(); !errors.Is(err, ErrStopped) {
		t.Errorf("a machine that was stopped: %v", err)
	}
}

func TestFailures(t *testing.T) {
	needQEMU(t)
	reset := pvhExit(0)[4:]
	for want, c := range map[string]Config{
		"without an exit code":  {Image: image(t, reset)},
		"unsupported machine":   {Image: image(t, hang), Machine: "nomachine"},
		"nofile":                {Image: image(t, hang), Disks: []Disk{{File: "/nofile"}}},
		"not an image":          {Image: "/dev/null"},
		"is a program for":      {Image: os.Args[0]},
		"no such file":          {Image: "/nofile"},
		"not for arm64":         {Image: image(t, hang), Arch: "arm64"},
		"no PVH boot note":      {Image: save(t, codeImage(elf.EM_X86_64, pvhBase, nil, hang))},
		"no network \"bridge\"": {Image: image(t, hang), Net: "bridge"},
		"forwarded by the user": {Image: image(t, hang), Net: "none", Forwards: make([]Forward, 1)},
		"QEMU takes 4095":       {Image: image(t, hang), Machine: "q35", Args: []string{strings.Repeat("x", 5000)}},
		"an image takes":        {Image: image(t, hang), Args: []string{strings.Repeat("x", 70000)}},
		"8 at least":            {Image: image(t, hang), Memory: 7},
		"no accelerator":        {Image: image(t, hang), Accel: "hvf"},
		"fill 10 before":        {Image: image(t, make([]byte, 9<<20-1)), Memory: 9},
		"fill 12 before":        {Image: image(t, hang), Initrd: save(t, make([]byte, 10<<20)), Memory: 11},
		"fill 11 before":        {Image: save(t, codeImage(elf.EM_AARCH64, armBase, nil, make([]byte, 8<<20))), Memory: 10},
	} {
		c.Accel, c.TimeLimit = cmp.Or(c.Accel, "tcg"), time.Minute
		m, err := c.Start()
		if err == nil {
			_, err = m.Wait()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want a line with %q", err, want)
		}
	}
}

func TestMissingQEMU(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Config{Image: image(t, hang), Accel: "tcg", Machine: "q35"}.Start()
	if err == nil || !strings.Contains(err.Error(), "qemu-system-x86_64 is not installed: install ") {
		t.Errorf("error is %v", err)
	}
}

func TestParseForward(t *testing.T) {
	for text, want := range map[string]string{
		"8080:80":                "tcp:127.0.0.1:8080-:80",
		"8080:80/tcp":            "tcp:127.0.0.1:8080-:80",
		"5353:53/udp":            "udp:127.0.0.1:5353-:53",
		"0.0.0.0:5353:53/udp":    "udp:0.0.0.0:5353-:53",
		"127.0.0.1:65535:1/udp":  "udp:127.0.0.1:65535-:1",
		"":                       "",
		"80":                     "",
		"80:":                    "",
		":80":                    "",
		"0:80":                   "",
		"80:0":                   "",
		"80:65536":               "",
		"65536:80":               "",
		"80:80/sctp":             "",
		"host:80:80":             "",
		"1.2.3:80:80":            "",
		"[::1]:80:80":            "",
		"80:80,hostfwd=x":        "",
		"127.0.0.1:80,x=y:80:80": "",
	} {
		f, err := ParseForward(text)
		if got := f.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("ParseForward(%q) = %s, %v, want %q", text, got, err, want)
		}
	}
}

func TestPortsTaken(t *testing.T) {
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	web := Forward{Host: tcp.Addr().(*net.TCPAddr).AddrPort(), Guest: 80}
	names := Forward{Host: udp.LocalAddr().(*net.UDPAddr).AddrPort(), Guest: 53, UDP: true}
	for want, forwards := range map[string][]Forward{
		fmt.Sprintf("port %d of this host", web.Host.Port()):   {web},
		fmt.Sprintf("port %d of this host", names.Host.Port()): {names},
		"named twice": {names, web, names},
	} {
		if err := checkPorts(forwards); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", forwards, err, want)
		}
	}
}

func TestAddOptions(t *testing.T) {
	for machine, want := range map[string]string{
		"microvm":             "microvm,rtc=on,pit=on",
		"microvm,rtc=off":     "microvm,rtc=off,pit=on",
		"microvm,pit=x,rtc=y": "microvm,pit=x,rtc=y",
	} {
		if got := addOptions(machine, "rtc=on", "pit=on"); got != want {
			t.Errorf("addOptions(%q) = %q, want %q", machine, got, want)
		}
	}
}

func TestMessages(t *testing.T) {
	var m messages
	io.WriteString(&m, "qemu-system-x86_64: warning: x\nqemu-system-x86_64: -device y: no\nplain\n")
	m.Write(make([]byte, 2*maxMessages))
	if got, want := m.errors(), "-device y: no; plain"; !strings.HasPrefix(got, want) || len(m.text.String()) > maxMessages {
		t.Errorf("errors() = %.80q, want %q and no more than %d bytes kept", got, want, maxMessages)
	}
}

// QEMU refuses more than eight CPUs with its default interrupt controller for arm64.
func TestManyCPUs(t *testing.T) {
	needQEMU(t)
	file := save(t, codeImage(elf.EM_AARCH64, armBase, nil, make([]byte, 4)))
	for _, test := range []struct {
		cpus          int
		machine, want string
	}{
		{8, "", "virt"},
		{9, "", "virt,gic-version=3"},
		{64, "virt,highmem=off", "virt,highmem=off,gic-version=3"},
		{64, "virt,gic-version=4", "virt,gic-version=4"},
	} {
		c := Config{Image: file, CPUs: test.cpus, Machine: test.machine}
		if err := c.settle(); err != nil || c.Machine != test.want {
			t.Errorf("%d CPUs of %q: machine %q, %v, want %q", test.cpus, test.machine, c.Machine, err, test.want)
		}
	}
}

func TestDisks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.img", "b.qcow2"} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 512), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty := filepath.Join(dir, "c.img")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseDisk(empty); err == nil || !strings.Contains(err.Error(), "truncate -s 1G "+empty) {
		t.Errorf("an empty disk: %v", err)
	}
	t.Chdir(dir)
	if err := os.WriteFile("nbd:x", make([]byte, 512), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err := ParseDisk("nbd:x"); err != nil || d.File != filepath.Join(dir, "nbd:x") {
		t.Errorf("a file whose name looks like a protocol's: %v, %v", d, err)
	}
	c := Config{PCI: true}
	for _, text := range []string{dir + "/a.img", dir + "/b.qcow2,ro"} {
		d, err := ParseDisk(text)
		if err != nil {
			t.Fatal(err)
		}
		c.Disks = append(c.Disks, d)
	}
	want := []string{
		"-drive", "if=none,id=disk0,format=raw,discard=unmap,file=" + dir + "/a.img", "-device", "virtio-blk-pci,drive=disk0",
		"-drive", "if=none,id=disk1,format=qcow2,discard=unmap,file=" + dir + "/b.qcow2,readonly=on", "-device", "virtio-blk-pci,drive=disk1",
	}
	if got := c.disks(); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
