package image

import (
	"debug/elf"
	"os"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// of lists the symbols of an image that belong to a package.
func of(t *testing.T, image, pkg string) (names []string) {
	t.Helper()
	f, err := elf.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if strings.HasPrefix(s.Name, pkg+".") || strings.Contains(s.Name, "*"+pkg+".") {
			names = append(names, s.Name)
		}
	}
	return names
}

// A program that can make no socket has no TCP in its image, and is smaller for it; one that can has it. It serves all the same.
func TestUDPAlone(t *testing.T) {
	const tcp = "internal/mirage/netstack/tcp"
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			alone := harness.Build(t, m.Arch, "./misc/examples/echo")
			usual := harness.Build(t, m.Arch, "./test/guest/echo")
			if names := of(t, alone, tcp); len(names) > 0 {
				t.Errorf("without sockets there is TCP: %q", names)
			}
			if len(of(t, usual, tcp)) == 0 {
				t.Error("with sockets there is no TCP")
			}
			if a, u := size(t, alone), size(t, usual); a > u-u/16 {
				t.Errorf("UDP alone takes %d octets, with sockets it is %d: that is hardly less", a, u)
			} else {
				t.Logf("UDP alone takes %d octets, with sockets it is %d", a, u)
			}
			checkEcho(t, m, alone)
		})
	}
}

func size(t *testing.T, file string) int64 {
	t.Helper()
	i, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return i.Size()
}

// checkEcho asks a booted image for what it is sent.
func checkEcho(t *testing.T, m harness.Machine, image string) {
	c := m.Config(image)
	f := harness.Forward(t, "udp", 7)
	c.Forwards = []vm.Forward{f}
	harness.Boot(t, c)
	const question = "is anybody there?"
	if got := harness.Ask(t, f.Host, []byte(question), time.Minute); string(got) != question {
		t.Errorf("the answer is %q", got)
	}
}

// Who makes sockets by golang.org/x/sys/unix has TCP too. Who does by numbers alone is told what to do about it.
func TestTCPWithoutNet(t *testing.T) {
	const noProtocol = 93 // EPROTONOSUPPORT
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			harness.Run(t, m.Config(harness.Build(t, m.Arch, "./test/guest/xsystcp")), 0)
			b := harness.Run(t, m.Config(harness.Build(t, m.Arch, "./test/guest/numbers")), noProtocol)
			if !strings.Contains(b.String(), "mirage/netstack/tcp") {
				t.Errorf("it is not said what is missing:\n%s", b)
			}
			harness.Run(t, m.Config(harness.Build(t, m.Arch, "./test/guest/numbers", "-tags=withtcp")), 0)
		})
	}
}
