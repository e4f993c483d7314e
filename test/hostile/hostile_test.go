package hostile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"mirage.build/test/harness"
)

// How long a machine is attacked, and how much its memory may grow meanwhile: a queue here and there fills up, within
// its limit.
const (
	siege     = 60 * time.Second
	maxGrowth = 4 << 20
	rounds    = 3 // a heap takes room in steps, whenever it comes to that; what leaks takes some in each round
)

// query asks the example for the address of www.mirage.test: RFC 1035 section 4.1.
var query = []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x06mirage\x04test\x00\x00\x01\x00\x01")

func TestSiege(t *testing.T) {
	for _, m := range harness.Fastest {
		for _, ip := range []string{"ip=10.99.0.2/24", "ip=dhcp"} {
			t.Run(m.Name+"/"+ip, func(t *testing.T) { besiege(t, m, ip) })
		}
	}
}

func besiege(t *testing.T, m harness.Machine, ip string) {
	c := m.Config(harness.Build(t, m.Arch, "./misc/examples/dns"))
	c.Memory, c.Words, c.TimeLimit = 64, []string{ip}, siege+5*time.Minute
	p := plug(t, &c)
	p.leases = ip == "ip=dhcp"
	b := harness.Boot(t, c)
	good, ok := p.ask(53, query, time.Minute)
	if !ok || !bytes.HasPrefix(good, query[:2]) {
		t.Fatalf("no answer before the attack: %x\n%s", good, b)
	}

	attack(p, siege/2) // until every queue and table is as full as it gets
	for round := 1; ; round++ {
		before := resident(t, b.Process())
		sent := attack(p, siege/2)
		answer, ok := p.ask(53, query, 30*time.Second)
		if !ok || !bytes.Equal(answer, good) {
			t.Fatalf("after %d hostile frames the answer is %x, want %x\n%s", sent, answer, good, b)
		}
		grown := resident(t, b.Process()) - before
		t.Logf("%d hostile frames in %v, memory %+d KiB", sent, siege/2, grown>>10)
		if grown <= maxGrowth {
			return
		}
		if round == rounds {
			t.Fatalf("more than %d KiB each time", maxGrowth>>10)
		}
	}
}

// attack sends hostile frames for a time, as many as it can, and returns how many.
func attack(p *peer, span time.Duration) (sent int) {
	r := rand.New(rand.NewPCG(uint64(span), 1))
	for end := time.Now().Add(span); time.Now().Before(end); sent++ {
		p.send(attacks[r.IntN(len(attacks))](r))
	}
	return sent
}

// resident is the memory of a process that is in RAM, in bytes: proc(5), /proc/PID/status. QEMU's holds all pages that
// the machine has ever touched.
func resident(t *testing.T, process int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

// Every kind of hostile frame is one that a card can carry, and an honest one is answered; otherwise the siege would
// prove nothing.
func TestFrames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i, a := range attacks {
		for range 1000 {
			if f := a(r); len(f) < 14 || len(f) > 1514 {
				t.Fatalf("attack %d: a frame of %d bytes", i, len(f))
			}
		}
	}
	f := datagram(1, 2, []byte("odd"))
	if sum(0, f[14:34]) != 0xffff {
		t.Error("the checksum of an IPv4 header is wrong")
	}
	pseudo := append(bytes.Clone(f[26:34]), 0, protoUDP, f[38], f[39])
	if sum(uint32(sum(0, pseudo)), f[34:]) != 0xffff {
		t.Error("the checksum of a datagram is wrong")
	}
}
