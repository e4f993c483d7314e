package rpi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/bootimage"
	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// board is a Raspberry Pi without a network.
func board(image string, args ...string) vm.Config {
	return vm.Config{Image: image, Machine: "raspi3b", Net: "none", Args: args}
}

// What is on the board works from a program, and exit codes come through.
func TestBoard(t *testing.T) {
	image := harness.Build(t, "arm64", "./test/guest/rpi")
	for _, test := range []struct {
		command string
		code    int
		want    []string
	}{
		{"board", 0, []string{"model Raspberry Pi 3 Model B, revision a02082\n", `temp: "25000\n"`, "25 degrees", "UART at 3000000 Hz", "address 52:54:00:12:34:56\n", "board ok"}},
		{"pins", 0, []string{"pins ok"}},
		{"cpus", 0, []string{"4 cpus", "cpus ok"}},
		{"random", 0, []string{"random ok"}},
		{"exit 42", 42, nil},
		{"nonsense", 2, []string{"no such command"}},
	} {
		t.Run(test.command, func(t *testing.T) {
			b := harness.Run(t, board(image, strings.Fields(test.command)...), test.code)
			for _, want := range test.want {
				if !b.Stdout.Contains(want) {
					t.Errorf("the machine never wrote %q\n%s", want, b)
				}
			}
		})
	}
}

// A board that waits, with a card on its USB, allocates nothing.
func TestIdle(t *testing.T) {
	c := board(harness.Build(t, "arm64", "./test/guest/rpi"), "idle")
	c.Net = ""
	harness.Run(t, c, 0)
}

// A command line may be as long as on other machines, as an environment makes it.
func TestLongLine(t *testing.T) {
	c := board(harness.Build(t, "arm64", "./test/guest/rpi"), "exit", "42")
	for i := range 50 {
		c.Words = append(c.Words, fmt.Sprintf("env:V%d=%s", i, strings.Repeat("v", 1000)))
	}
	harness.Run(t, c, 42)
}

// What is typed at the serial port is the program's input.
func TestInput(t *testing.T) {
	r, w := io.Pipe()
	c := board(harness.Build(t, "arm64", "./test/guest/rpi"), "echo")
	c.Stdin = r
	b := harness.Boot(t, c)
	b.WaitFor("say something")
	fmt.Fprint(w, "hello, Pi\r")
	if code := b.Wait(); code != 0 || !b.Stdout.Contains(`you said "hello, Pi"`) {
		t.Errorf("exit code %d\n%s", code, b)
	}
}

// A program writes to a card that mirage image has made, and its file has what was written; what was there stays as it was. The data
// is moved by the CPU, or by the DMA controller.
func TestCard(t *testing.T) {
	t.Run("cpu", func(t *testing.T) { testCard(t) })
	t.Run("dma", func(t *testing.T) { testCard(t, "dma=on") })
}

func testCard(t *testing.T, words ...string) {
	elf := harness.Build(t, "arm64", "./test/guest/rpi")
	name := filepath.Join(t.TempDir(), "card.img")
	cmd := exec.Command(filepath.Join(harness.Root(t), "bin", "mirage"), "image", "-format", "rpi", "-o", name, elf, "card")
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("100 %")) {
		t.Fatalf("mirage image: %v\n%s", err, out)
	}
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c := board(elf, "card")
	c.Disks, c.Words = []vm.Disk{{File: name}}, words
	b := harness.Run(t, c, 0)
	if !written(t, name, before) {
		t.Errorf("the card's file is not as it must be\n%s", b)
	}
}

// written reports whether a file is what it was before, but for what the program's command card has written.
func written(t *testing.T, name string, before []byte) bool {
	after, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const at = 100 << 20
	text := bytes.Repeat([]byte("mirage!\n"), 1<<17)
	return bytes.Equal(after[at:][:len(text)], text) && bytes.Equal(after[:at], before[:at]) && bytes.Equal(after[at+len(text):], before[at+len(text):])
}

// A program writes to a memory stick and reads it, and what is typed at a keyboard is its input; both are behind one hub.
func TestStickAndKeyboard(t *testing.T) {
	name := filepath.Join(t.TempDir(), "stick.img")
	empty := make([]byte, 128<<20)
	if err := os.WriteFile(name, empty, 0o666); err != nil {
		t.Fatal(err)
	}
	things := []string{"-device", "usb-hub", "-device", "usb-storage,drive=stick,serial=4711", "-device", "usb-kbd"}
	things = append(things, "-drive", "if=none,id=stick,format=raw,file="+name)
	elf := harness.Build(t, "arm64", "./test/guest/rpi")
	c := board(elf, "card", "/dev/sda")
	c.Extra = things
	if b := harness.Run(t, c, 0); !written(t, name, empty) {
		t.Errorf("the stick's file is not as it must be\n%s", b)
	}
	c = board(elf, "keys")
	c.Extra = things
	m := harness.AddMonitor(t, &c)
	b := harness.Boot(t, c)
	b.WaitFor("say something")
	for _, key := range []struct{ name, want string }{{"p", "p"}, {"i", "i"}, {"comma", ","}, {"shift x", "X"}, {"ret", `\n`}} {
		var codes []map[string]any
		for _, k := range strings.Fields(key.name) {
			codes = append(codes, map[string]any{"type": "qcode", "data": k})
		}
		m.Execute("send-key", map[string]any{"keys": codes})
		b.WaitFor(`key "` + key.want + `"`)
	}
	if code := b.Wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, b)
	}
}

// The watchdog's reset ends QEMU, which is told not to reboot; the program says nothing any more.
func TestWatchdog(t *testing.T) {
	b := harness.Run(t, board(harness.Build(t, "arm64", "./test/guest/rpi"), "restart"), 0)
	if b.Stdout.Contains("restart ok") || b.Stdout.Contains("failed") {
		t.Errorf("the board did not reset\n%s", b)
	}
}

// Each boot gives other random numbers: they are the board's, not a seed's.
func TestRandom(t *testing.T) {
	image := harness.Build(t, "arm64", "./test/guest/rpi")
	one, two := harness.Run(t, board(image, "random"), 0), harness.Run(t, board(image, "random"), 0)
	if one.Stdout.String() == two.Stdout.String() {
		t.Errorf("two boots: %s", one)
	}
}

// The examples' servers answer this host over a network card on the USB, behind a hub.
func TestNetwork(t *testing.T) {
	t.Run("http", func(t *testing.T) {
		c := vm.Config{Image: harness.Build(t, "arm64", "./misc/examples/http"), Machine: "raspi3b"}
		f := harness.Forward(t, "tcp", 80)
		c.Forwards = []vm.Forward{f}
		b := harness.Boot(t, c)
		b.WaitFor("listening")
		client := &http.Client{Timeout: time.Minute}
		knock(t, f.Host.String())
		// Answers of 64 lengths: one of them fills its last packet, and the transfer has no short one for its end.
		for n := 1000; n < 1064; n++ {
			if got := get(t, client, fmt.Sprintf("http://%v/octets/%d", f.Host, n)); len(got) != n {
				t.Errorf("%d octets came, not %d", len(got), n)
			}
		}
		const size = 1_000_000
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i)
		}
		if got := get(t, client, fmt.Sprintf("http://%v/octets/%d", f.Host, size)); !bytes.Equal(got, want) {
			t.Errorf("%d octets came, not those that were asked for", len(got))
		}
	})
	// The same card has a configuration of the USB's own class, CDC-ECM.
	t.Run("ecm", func(t *testing.T) {
		c := vm.Config{Image: harness.Build(t, "arm64", "./misc/examples/http"), Machine: "raspi3b", Words: []string{"rndis=off"}}
		f := harness.Forward(t, "tcp", 80)
		c.Forwards = []vm.Forward{f}
		b := harness.Boot(t, c)
		b.WaitFor("listening")
		knock(t, f.Host.String())
		client := &http.Client{Timeout: time.Minute}
		for _, n := range []int{1, 1000, 100_000} {
			if got := get(t, client, fmt.Sprintf("http://%v/octets/%d", f.Host, n)); len(got) != n {
				t.Errorf("%d octets came, not %d", len(got), n)
			}
		}
	})
	t.Run("dns", func(t *testing.T) {
		c := vm.Config{Image: harness.Build(t, "arm64", "./misc/examples/dns"), Machine: "raspi3b"}
		f := harness.Forward(t, "udp", 53)
		c.Forwards = []vm.Forward{f}
		harness.Boot(t, c)
		// RFC 1035, 4.1: an address of www.mirage.test. The answer has our number, is one, and has a record.
		question := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x06mirage\x04test\x00\x00\x01\x00\x01")
		answer := harness.Ask(t, f.Host, question, harness.TimeLimit)
		if len(answer) < 12 || answer[0] != 0x12 || answer[1] != 0x34 || answer[2]&0x80 == 0 || answer[3]&15 != 0 || answer[7] == 0 {
			t.Errorf("the answer is %x", answer)
		}
	})
}

// knock asks until there is an answer. QEMU takes a connection for the machine from the start, and loses one that it could not pass
// on because the machine had no address yet.
func knock(t *testing.T, host string) {
	client := &http.Client{Timeout: 2 * time.Second}
	for end := time.Now().Add(harness.TimeLimit); time.Now().Before(end); {
		if r, err := client.Get("http://" + host + "/"); err == nil {
			r.Body.Close()
			return
		}
	}
	t.Fatal("no answer")
}

func get(t *testing.T, client *http.Client, url string) []byte {
	t.Helper()
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A machine enters the image in any of these ways: by firmware that has put it where QEMU's header says, at EL2 with ATAGs; at
// EL3, on all cores, with nothing; and elsewhere in memory, from where it moves itself.
func TestEntry(t *testing.T) {
	if testing.Short() {
		t.Skip("boots a machine")
	}
	elf := harness.Build(t, "arm64", "./test/guest/rpi")
	in, err := os.Open(elf)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	image, err := bootimage.RPi(in)
	if err != nil {
		t.Fatal(err)
	}
	kernel := filepath.Join(t.TempDir(), "kernel8.img")
	if err := os.WriteFile(kernel, image, 0o666); err != nil {
		t.Fatal(err)
	}
	loaded := func(at string, cores int) (args []string) {
		args = []string{"-device", "loader,force-raw=on,cpu-num=0,addr=" + at + ",file=" + kernel}
		for n := 1; n < cores; n++ {
			args = append(args, "-device", fmt.Sprintf("loader,cpu-num=%d,addr=%s", n, at))
		}
		return args
	}
	for _, test := range []struct {
		name string
		args []string
	}{
		{"el3", loaded("0x80000", 4)},
		{"el3 without el2", append(loaded("0x80000", 4), "-global", "cortex-a53-arm-cpu.has_el2=off")},
	} {
		t.Run(test.name, func(t *testing.T) { enter(t, test.args, "no such command") })
	}
	t.Run("line overwritten", func(t *testing.T) {
		enter(t, []string{"-kernel", kernel, "-append", strings.Repeat("env:A=b ", 90)}, "QEMU has written over the end of the command line")
	})
	t.Run("elsewhere", func(t *testing.T) {
		// Other cores are nowhere here, and the boot waits for each of them; its first line is enough.
		enter(t, loaded("0x123000", 1), "the CPU with affinity 0x1 did not start")
	})
}

// enter runs QEMU until the machine has written want.
func enter(t *testing.T, args []string, want string) {
	qemu, err := vm.Find("arm64")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(qemu, append([]string{"-M", "raspi3b", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := time.AfterFunc(harness.TimeLimit, func() { cmd.Process.Kill() })
	defer over.Stop()
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	var text []byte
	for b := make([]byte, 1000); !bytes.Contains(text, []byte(want)); {
		n, err := out.Read(b)
		text = append(text, b[:n]...)
		if err != nil {
			t.Fatalf("%v before %q was written: %q", err, want, text)
		}
	}
}
