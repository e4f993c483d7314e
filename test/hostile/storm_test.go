package hostile

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"mirage.build/test/harness"
)

// Bounds of TestStorm.
const (
	stormFrames = 3000 // a second
	closed      = 400  // connections that open no window
	slow        = 100  // that send their request in years
	stormMemory = 128  // MiB: in 64 the heap's 30 and what the collector needs besides may be too much, on arm64 it was once
	heapLimit   = 52   // MiB; a quarter of the memory is for what connections send and receive, and each has a goroutine
)

// stormTime is how long a storm lasts: MIRAGE_STORM seconds, or a few.
func stormTime() time.Duration {
	if n, err := strconv.Atoi(os.Getenv("MIRAGE_STORM")); err == nil {
		return time.Duration(n) * time.Second
	}
	return 15 * time.Second
}

// TestStorm: while attackers flood a server with SYNs, forged segments, ICMP errors and fragments, hold connections whose windows they
// never open, and others on which they never end their request, those who ask are answered, a connection that stands goes on
// standing, and memory stays within its bounds.
func TestStorm(t *testing.T) {
	if !harness.Namespace(t) {
		return
	}
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) { storm(t, m) })
	}
}

func storm(t *testing.T, m harness.Machine) {
	config := m.Config(harness.Build(t, m.Arch, "./test/guest/crowd"))
	config.Memory, config.Net, config.Words = stormMemory, "tap:"+harness.Tap, []string{"ip=10.99.0.2/16"}
	config.TimeLimit = stormTime() + 10*time.Minute
	harness.Boot(t, config)
	inMachine(t) // it is running, and Linux knows its card
	standing, err := net.Dial("tcp4", "10.99.0.2:7")
	if err != nil {
		t.Fatal(err)
	}
	defer standing.Close()
	w := newWiretap(t)
	v := victim{w.card, netip.MustParseAddrPort(standing.LocalAddr().String()), netip.MustParseAddrPort(standing.RemoteAddr().String())}
	done := make(chan struct{})
	defer close(done)
	go w.attend(done, w.closeWindow)
	for i := range closed {
		from := netip.AddrPortFrom(crowdAddr(rand.New(rand.NewPCG(1, uint64(i))), false), uint16(2000+i))
		w.send(segment{from: from, to: netip.AddrPortFrom(machineAddr, 80), seq: 1, flags: syn, window: 1000}.frame(w.card))
	}
	trickle(t, done)
	go w.rain(done, v)
	answered := 0
	for end := time.Now().Add(stormTime()); time.Now().Before(end); answered++ {
		hello(t)
		if err := (crowd{ask: "still here", answer: "still here"}).talk(standing); err != nil {
			t.Fatalf("the connection that stood: %v", err)
		}
	}
	memory := inMachine(t)
	t.Logf("%d requests answered in %v; %v", answered, stormTime(), memory)
	if memory["heap"] > heapLimit<<10 {
		t.Errorf("the heap has %d KiB", memory["heap"])
	}
}

// rain sends hostile frames, so many a second.
func (w *wiretap) rain(done chan struct{}, v victim) {
	r := rand.New(rand.NewPCG(5, 6))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		for range stormFrames / 100 {
			w.send(storms[r.IntN(len(storms))](r, v))
		}
	}
}

// closeWindow completes a handshake that the attacker began, asks for much, and closes the window.
func (w *wiretap) closeWindow(s segment) {
	if s.flags&(syn|ack) != syn|ack || s.ack != 2 {
		return
	}
	w.send(segment{
		from: s.to, to: s.from, seq: 2, ack: s.seq + 1, flags: ack | psh, payload: []byte("GET /much HTTP/1.1\r\nHost: crowd\r\n\r\n"),
	}.frame(w.card))
}

// trickle holds connections on which a request comes octet by octet.
func trickle(t *testing.T, done chan struct{}) {
	var all []net.Conn
	for range slow {
		c, err := net.Dial("tcp4", "10.99.0.2:80")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	go func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				for _, c := range all {
					c.Close()
				}
				return
			case <-time.After(10 * time.Millisecond):
				fmt.Fprintf(all[i%len(all)], "%c", "GET / HTTP/1.1\r\nX: "[min(i/len(all), 18)])
			}
		}
	}()
}

// hello asks by a connection of its own and wants the answer.
func hello(t *testing.T) {
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://10.99.0.2/hello")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if b, err := io.ReadAll(r.Body); err != nil || string(b) != "Hello, World!" {
		t.Fatalf("the answer is %q, %v", b, err)
	}
}
