//go:build linux && !mirage

package tcp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mirage/netstack"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"
)

// pair is two hosts, 10.0.0.1 and 10.0.0.2, on one wire.
func pair(t *testing.T) (a, b *netstack.Stack) {
	a, b, err := netstack.Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

var at80 = netip.MustParseAddrPort("0.0.0.0:80")

// dial connects a to a listener on b, and returns both ends.
func dial(t *testing.T, a, b *netstack.Stack) (near *Conn, far net.Conn) {
	t.Helper()
	l, err := Listen(b, at80)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	near, err = Dial(context.Background(), a, netip.MustParseAddrPort("10.0.0.2:80"))
	if err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func TestStream(t *testing.T) {
	a, b := pair(t)
	near, far := dial(t, a, b)
	if near.RemoteAddr().String() != "10.0.0.2:80" || far.RemoteAddr().String() != near.LocalAddr().String() {
		t.Errorf("%v to %v, %v to %v", near.LocalAddr(), near.RemoteAddr(), far.LocalAddr(), far.RemoteAddr())
	}
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // more than the buffers hold
	go func() {
		near.Write(want)
		near.CloseWrite()
	}()
	got, err := io.ReadAll(far)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d octets, %v", len(got), err)
	}
	far.Write([]byte("bye"))
	far.Close()
	if got, err := io.ReadAll(near); string(got) != "bye" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A deadline ends a call that waits, and one that is set anew makes the next possible: net.Conn.
func TestDeadline(t *testing.T) {
	a, b := pair(t)
	near, far := dial(t, a, b)
	near.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline that is over: %v", err)
	}
	near.SetReadDeadline(time.Time{})
	failed := make(chan error)
	go func() {
		_, err := near.Read(make([]byte, 1))
		failed <- err
	}()
	near.SetReadDeadline(time.Now().Add(time.Millisecond))
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline that comes: %v", err)
	}
	near.SetDeadline(time.Time{})
	far.Write([]byte("x"))
	if n, err := near.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("after it: %d, %v", n, err)
	}
	go func() {
		_, err := near.Read(make([]byte, 1))
		failed <- err
	}()
	near.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a read that is closed: %v", err)
	}
}

func TestErrors(t *testing.T) {
	a, b := pair(t)
	l, err := Listen(b, netip.MustParseAddrPort("10.0.0.2:0"))
	if err != nil || l.Addr().(*net.TCPAddr).Port == 0 {
		t.Fatalf("%v, %v", l, err)
	}
	if _, err := Dial(context.Background(), a, netip.MustParseAddrPort("10.0.0.2:81")); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Dial(ctx, a, netip.MustParseAddrPort("10.0.0.99:80")); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is over: %v", err)
	}
	if _, err := Listen(b, l.Addr().(*net.TCPAddr).AddrPort()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port twice: %v", err)
	}
	if _, err := Listen(b, netip.MustParseAddrPort("10.9.9.9:80")); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("an address of somebody else: %v", err)
	}
	failed := make(chan error)
	go func() {
		_, err := l.Accept()
		failed <- err
	}()
	l.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("an accept that is closed: %v", err)
	}
}

// What net/http serves on sockets it serves on a stack.
func TestHTTP(t *testing.T) {
	a, b := pair(t)
	l, err := Listen(b, at80)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.URL.Path) })}
	go server.Serve(l)
	defer server.Close()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
		return Dial(ctx, a, netip.MustParseAddrPort(addr))
	}}}
	defer client.CloseIdleConnections()
	for range 3 {
		r, err := client.Get("http://10.0.0.2:80/world")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r.Body); string(got) != "hello /world" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		r.Body.Close()
	}
}
