//go:build linux && !mirage

package netstack

import (
	"bytes"
	"errors"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/wire"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestInteropTCP: the stack and Linux move data both ways, over a good line and over one that loses and reorders.
func TestInteropTCP(t *testing.T) {
	if !enter(t) {
		return
	}
	s, _, i := realHost(t)
	p := tcp.New(s)
	must(t, i.Configure(Static{Addr: wire.Prefix{Addr: wire.V4(10, 99, 0, 2), Bits: 24}}))
	serveTCP(t, p, 7, mirror)
	l, err := net.Listen("tcp4", "10.99.0.1:7")
	must(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	size := 8 << 20
	for _, netem := range [][]string{nil, {"delay", "5ms", "2ms", "loss", "1%"}, {"delay", "2ms", "loss", "5%", "duplicate", "2%"}} {
		if netem != nil {
			args := append([]string{"qdisc", "replace", "dev", "mirage0", "root", "netem"}, netem...)
			if _, err := exec.LookPath("tc"); err != nil || exec.Command("tc", args...).Run() != nil {
				t.Log("without netem: no tc, or the kernel does not have it")
				break
			}
			size = 512 << 10
		}
		begun := time.Now()
		linuxReflects(t, size)
		between := time.Now()
		reflect(t, dialTCP(t, p, at(wire.V4(10, 99, 0, 1), 7)), size)
		t.Logf("%v: %d octets there and back: from Linux in %v, from us in %v", netem, size, between.Sub(begun), time.Since(between))
	}
	_, err = net.DialTimeout("tcp4", "10.99.0.2:8", 10*time.Second)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("Linux was told %v", err)
	}
	c := newTCPConn(p.NewSocket(false))
	_, err = c.retry(func() (int, error) { return 0, c.s.Connect(at(wire.V4(10, 99, 0, 1), 8)) })
	fails(t, err, inet.ECONNREFUSED)
}

// linuxReflects sends from Linux to the mirror and wants the same back.
func linuxReflects(t *testing.T, size int) {
	t.Helper()
	c, err := net.DialTimeout("tcp4", "10.99.0.2:7", 10*time.Second)
	must(t, err)
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * time.Minute))
	want := make([]byte, size)
	rand.NewChaCha8([32]byte{4}).Read(want)
	go func() {
		c.Write(want)
		c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d octets of %d came back: %v", len(got), size, err)
	}
}
